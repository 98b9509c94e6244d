package org.viditq.cpp;

import java.util.function.LongFunction;
import org.bytedeco.javacpp.Pointer;
import org.viditq.core.error.BackendException;

/**
 * Off-heap memory that is reused from call to call and grows when a call needs more: allocating
 * costs microseconds, as much as quantizing a row.
 */
final class GrowingBuffer<P extends Pointer> implements AutoCloseable {
  private final LongFunction<P> allocate;
  private P memory;

  /**
   * @param allocate makes room for a number of elements
   */
  GrowingBuffer(LongFunction<P> allocate) {
    this.allocate = allocate;
  }

  /** Room for at least {@code elements}; what it held before is lost when it grows. */
  P atLeast(long elements) {
    if (memory == null || memory.capacity() < elements) {
      close();
      try {
        memory = allocate.apply(elements);
      } catch (OutOfMemoryError e) {
        throw new BackendException(
            "The native backend finds no memory for "
                + elements
                + " elements; use smaller batches.",
            e);
      }
    }
    return memory;
  }

  /** Idempotent; the buffer can be used again afterwards. */
  @Override
  public void close() {
    if (memory != null) {
      memory.deallocate();
      memory = null;
    }
  }
}
