package org.viditq.cpp;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.viditq.core.error.BackendException;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * A dense float32 array outside the Java heap, row-major; the value of the native backend. Lives
 * until the scope that it was made in is closed; see {@link
 * org.viditq.core.operators.Operators#scope()}.
 */
public final class NativeTensor implements AutoCloseable {
  private final NativeMemory memory;
  private final Shape shape;
  private final NativeMemory.Block block;
  private final long offset;
  private final FloatPointer data;
  private final ScopedTensors.Place place = new ScopedTensors.Place();
  private boolean closed;

  NativeTensor(NativeMemory memory, Shape shape, NativeMemory.Block block, long offset) {
    this.memory = memory;
    this.shape = shape;
    this.block = block;
    this.offset = offset;
    this.data = block.at(offset);
  }

  public Shape shape() {
    return shape;
  }

  /**
   * The first value.
   *
   * @throws BackendException if the tensor was released
   */
  FloatPointer data() {
    if (closed) {
      throw new BackendException(
          "A value "
              + shape
              + " of the native backend was released with its scope; keep what is used longer.");
    }
    return data;
  }

  /** Value {@code index} and those behind it. */
  FloatPointer dataAt(long index) {
    return index == 0 ? data() : live().at(offset + index);
  }

  /** The same as bytes. */
  BytePointer bytesAt(long index) {
    return live().bytesAt(offset + index);
  }

  private NativeMemory.Block live() {
    data(); // refuses a released tensor
    return block;
  }

  NativeMemory.Block block() {
    return block;
  }

  /** Position of the first value in its block, in values. */
  long offset() {
    return offset;
  }

  /** Where it is in its scope. */
  ScopedTensors.Place place() {
    return place;
  }

  NativeTensor fill(Tensor values) {
    data().put(values.data(), 0, values.size());
    return this;
  }

  /** A copy on the Java heap. */
  Tensor read() {
    float[] values = new float[shape.size()];
    data().get(values, 0, values.length);
    return Tensor.of(shape, values);
  }

  /** Releases it before its scope ends; idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      place.leave();
      memory.release(block);
    }
  }

  @Override
  public String toString() {
    return "NativeTensor" + shape;
  }
}
