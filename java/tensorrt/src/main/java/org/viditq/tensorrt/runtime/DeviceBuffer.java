package org.viditq.tensorrt.runtime;

/** Memory of the device, its start a multiple of {@link DeviceRuntime#ALIGNMENT} bytes. */
public interface DeviceBuffer extends AutoCloseable {
  /** Bytes. */
  long size();

  /** Frees it; work that uses it must have ended. */
  @Override
  void close();
}
