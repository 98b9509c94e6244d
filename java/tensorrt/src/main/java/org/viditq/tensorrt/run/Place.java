package org.viditq.tensorrt.run;

import org.viditq.tensorrt.runtime.DeviceBuffer;

/**
 * Where a tensor lies on the device.
 *
 * @param offset of its start, bytes
 * @param bytes that it takes
 */
record Place(DeviceBuffer buffer, long offset, long bytes) {}
