package org.viditq.tensorrt.runtime;

/** Work that was recorded from a stream and made ready to be launched. */
public interface DeviceGraph extends AutoCloseable {
  /** Frees it; no launch may be under way. */
  @Override
  void close();
}
