package org.viditq.tensorrt.runtime;

/**
 * A queue of work for the device, done in order. Methods return before the work is done, but for
 * {@link #synchronize()}; a failure of the work shows in a later call.
 */
public interface DeviceStream extends AutoCloseable {
  /**
   * Copies to the device.
   *
   * @param from must not be written to before the copy has ended
   * @throws IllegalArgumentException if the ranges do not lie in the buffers
   */
  void copyToDevice(DeviceBuffer to, long toOffset, PinnedBuffer from, int fromOffset, int bytes);

  /**
   * Copies to the host.
   *
   * @param to must not be read before the copy has ended
   * @throws IllegalArgumentException if the ranges do not lie in the buffers
   */
  void copyToHost(PinnedBuffer to, int toOffset, DeviceBuffer from, long fromOffset, int bytes);

  /**
   * Copies between buffers of the device.
   *
   * @throws IllegalArgumentException if the ranges do not lie in the buffers, or overlap
   */
  void copyOnDevice(DeviceBuffer to, long toOffset, DeviceBuffer from, long fromOffset, long bytes);

  /** Sets a buffer to zero bytes. */
  void clear(DeviceBuffer buffer);

  /** Puts a mark behind the work that is in the queue. */
  void record(DeviceEvent event);

  /** Lets the work behind wait for a mark of another stream. */
  void await(DeviceEvent event);

  /**
   * Begins to record the work that follows instead of doing it. What waits for the device, or
   * allocates, is refused until {@link #endCapture()}.
   */
  void beginCapture();

  /**
   * The recorded work, able to be done again and again: the same calls with the same addresses and
   * sizes. What lies at the addresses may change.
   */
  DeviceGraph endCapture();

  /** Ends a recording that has failed, and throws away what was recorded. */
  void abandonCapture();

  /** Does recorded work. */
  void launch(DeviceGraph graph);

  /**
   * Waits until the queue is empty.
   *
   * @throws org.viditq.core.error.BackendException if its work has failed
   */
  void synchronize();

  /** Closes it; its queue must be empty. */
  @Override
  void close();
}
