package org.viditq.core.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** A stored tensor on the heap. */
public final class MemoryTensor implements StoredTensor {
  private final String name;
  private final DType dtype;
  private final Shape shape;
  private final ByteBuffer bytes;

  private MemoryTensor(String name, DType dtype, Shape shape, ByteBuffer bytes) {
    if (bytes.limit() != dtype.bytes(shape.size())) {
      throw new IllegalArgumentException(
          "Tensor "
              + Printable.name(name)
              + " has "
              + bytes.limit()
              + " bytes for "
              + dtype
              + shape
              + ".");
    }
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.bytes = bytes.asReadOnlyBuffer();
  }

  /** float32, copied. */
  public static MemoryTensor of(String name, Tensor tensor) {
    return of(name, tensor, DType.F32);
  }

  /** Rounded half to even to a floating-point {@code dtype}. */
  public static MemoryTensor of(String name, Tensor tensor, DType dtype) {
    return new MemoryTensor(name, dtype, tensor.shape(), ElementCodec.encode(dtype, tensor.data()));
  }

  /** Little-endian bytes of any type, not copied. */
  public static MemoryTensor ofBytes(String name, DType dtype, Shape shape, byte[] bytes) {
    return new MemoryTensor(name, dtype, shape, ByteBuffer.wrap(bytes));
  }

  /** Little-endian bytes of any type, from position 0 to the limit, not copied. */
  public static MemoryTensor ofBuffer(String name, DType dtype, Shape shape, ByteBuffer bytes) {
    return new MemoryTensor(name, dtype, shape, bytes);
  }

  /** I32, copied. */
  public static MemoryTensor ofInts(String name, Shape shape, int[] values) {
    ByteBuffer bytes = littleEndian(values.length, Integer.BYTES);
    bytes.asIntBuffer().put(values);
    return new MemoryTensor(name, DType.I32, shape, bytes);
  }

  /** I64, copied. */
  public static MemoryTensor ofLongs(String name, Shape shape, long[] values) {
    ByteBuffer bytes = littleEndian(values.length, Long.BYTES);
    bytes.asLongBuffer().put(values);
    return new MemoryTensor(name, DType.I64, shape, bytes);
  }

  private static ByteBuffer littleEndian(int elements, int elementBytes) {
    return ByteBuffer.allocate(Math.multiplyExact(elements, elementBytes))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void copyTo(int start, float[] destination, int offset, int count) {
    ElementCodec.decode(dtype, bytes(), start, destination, offset, count);
  }

  @Override
  public String toString() {
    return Printable.name(name) + " " + dtype + shape;
  }
}
