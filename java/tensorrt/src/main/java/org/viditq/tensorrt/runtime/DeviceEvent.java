package org.viditq.tensorrt.runtime;

/** A mark in a stream, passed when all work in front of it has ended. */
public interface DeviceEvent extends AutoCloseable {
  /**
   * Waits until the mark that was recorded last is passed.
   *
   * @throws org.viditq.core.error.BackendException if work in front of it has failed
   * @throws IllegalStateException if it has never been recorded
   */
  void synchronize();

  @Override
  void close();
}
