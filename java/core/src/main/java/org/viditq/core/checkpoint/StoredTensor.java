package org.viditq.core.checkpoint;

import java.nio.ByteBuffer;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * A named tensor where it lies: a window of a memory-mapped file, or an array. Nothing is converted
 * until asked for, so a checkpoint larger than the heap can be opened.
 */
public interface StoredTensor {
  /** Name within the checkpoint, as in the state dict. */
  String name();

  /** How its elements are stored. */
  DType dtype();

  /** Extents, outermost first. */
  Shape shape();

  /** Bytes that its elements take where they are stored. */
  default long sizeInBytes() {
    return dtype().bytes(shape().size());
  }

  /**
   * The raw little-endian bytes, row-major, from position 0 to the limit; read-only and private to
   * the caller. Valid while the checkpoint is open.
   */
  ByteBuffer bytes();

  /**
   * Converts {@code count} elements from {@code start} on to float32 (F64 and integers of 32 and 64
   * bits are rounded to nearest, all other types are exact). Of a file, this reads what is asked
   * for, without keeping it in memory.
   */
  void copyTo(int start, float[] destination, int offset, int count);

  /**
   * Copies {@code count} of the {@link #bytes()} from {@code start} on. Of a file, this reads what
   * is asked for, without keeping it in memory.
   */
  default void copyBytes(int start, byte[] destination, int offset, int count) {
    bytes().get(start, destination, offset, count);
  }

  /** All elements as float32. */
  default Tensor toTensor() {
    float[] values = new float[shape().size()];
    copyTo(0, values, 0, values.length);
    return Tensor.of(shape(), values);
  }

  /** As {@link #toTensor()}, but rejects NaN and infinities. */
  default Tensor toFiniteTensor() {
    Tensor tensor = toTensor();
    for (float value : tensor.data()) {
      if (!Float.isFinite(value)) {
        throw new NonFiniteException(
            "Tensor "
                + Printable.name(name())
                + " holds NaN or infinity; the checkpoint is damaged.");
      }
    }
    return tensor;
  }
}
