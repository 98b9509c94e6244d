package org.viditq.cpp;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.viditq.core.error.BackendException;
import org.viditq.cpp.bridge.Bridge;

/** A block of off-heap memory that {@link NativeLibrary#allocatedBytes()} counts. */
final class CountedMemory implements AutoCloseable {
  private Pointer memory;

  private CountedMemory(long bytes) {
    memory = Bridge.viditq_allocate(Math.max(1, bytes));
    if (memory == null || memory.isNull()) {
      throw new BackendException(
          "The native backend finds no memory for "
              + bytes
              + " bytes; use smaller pictures or batches.");
    }
  }

  static CountedMemory ofBytes(long bytes) {
    return new CountedMemory(bytes);
  }

  static CountedMemory of(float[] values) {
    CountedMemory result = new CountedMemory((long) values.length * Float.BYTES);
    result.floats().put(values, 0, values.length);
    return result;
  }

  /** The block itself. */
  Pointer pointer() {
    if (memory == null) {
      throw new IllegalStateException("This native memory was released.");
    }
    return memory;
  }

  FloatPointer floats() {
    return new FloatPointer(pointer());
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (memory != null) {
      Bridge.viditq_free(memory);
      memory = null;
    }
  }
}
