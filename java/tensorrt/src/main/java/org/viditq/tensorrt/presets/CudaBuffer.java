package org.viditq.tensorrt.presets;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.viditq.tensorrt.runtime.DeviceBuffer;

/** Memory of the device. */
public final class CudaBuffer implements DeviceBuffer {
  private final CudaDevice device;
  private final Pointer start = new Pointer();
  private final long size;

  CudaBuffer(CudaDevice device, long size) {
    this.device = device;
    this.size = size;
    Cuda.check(cudart.cudaMalloc(start, size), "allocate " + size + " bytes");
    device.opened(CudaDevice.Kind.DEVICE_BUFFER);
  }

  /** The address of a part of it. */
  Pointer at(long offset, long bytes) {
    if (start.isNull()) {
      throw new IllegalStateException("Memory of the device is used after it was freed.");
    }
    Ranges.require("memory of the device", size, offset, bytes);
    return new BytePointer(start).getPointer(offset);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void close() {
    if (!start.isNull()) {
      int status = cudart.cudaFree(start);
      start.setNull();
      device.closed(CudaDevice.Kind.DEVICE_BUFFER);
      Cuda.check(status, "free memory of the device");
    }
  }
}
