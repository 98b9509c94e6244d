package org.viditq.core.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.viditq.core.checkpoint.KeyMapping.Rows;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;

/** Rows of a stored tensor under another name, in its own or another floating-point type. */
final class ConvertedTensor implements StreamedTensor {
  /** Elements converted at once. */
  private static final int PIECE = 1 << 16;

  private final StoredTensor tensor;
  private final String name;
  private final DType dtype;
  private final Shape shape;
  private final List<Rows> rows;
  private final int rowSize;

  /**
   * @param dtype what floating-point elements become; others stay what they are
   * @throws InvalidCheckpointException if the tensor does not have the rows
   */
  static ConvertedTensor of(StoredTensor tensor, KeyMapping.Part part, DType dtype) {
    DType target = tensor.dtype().isFloatingPoint() ? dtype : tensor.dtype();
    if (part.rows().isEmpty()) {
      return new ConvertedTensor(
          tensor,
          part.name(),
          target,
          tensor.shape(),
          List.of(new Rows(0, 1)),
          tensor.shape().size());
    }
    int[] extents = tensor.shape().toArray();
    long total = 0;
    for (Rows range : part.rows()) {
      total += range.count();
      if (extents.length == 0
          || range.first() < 0
          || range.count() < 0
          || range.count() > extents[0] - range.first()) {
        throw new InvalidCheckpointException(
            "Tensor "
                + Printable.name(tensor.name())
                + " of shape "
                + tensor.shape()
                + " lacks the rows from "
                + range.first()
                + " on that become "
                + Printable.name(part.name())
                + ".");
      }
    }
    int rowSize = extents[0] == 0 ? 0 : tensor.shape().size() / extents[0];
    if (tensor.dtype().bits() < 8 && target == tensor.dtype() && rowSize % 2 != 0) {
      throw new InvalidCheckpointException(
          "Tensor "
              + Printable.name(tensor.name())
              + " of "
              + tensor.dtype()
              + " cannot be split by rows, which do not end at a byte; convert it to another"
              + " type.");
    }
    extents[0] = Math.toIntExact(total);
    return new ConvertedTensor(
        tensor, part.name(), target, Shape.of(extents), part.rows(), rowSize);
  }

  private ConvertedTensor(
      StoredTensor tensor, String name, DType dtype, Shape shape, List<Rows> rows, int rowSize) {
    this.tensor = tensor;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.rows = rows;
    this.rowSize = rowSize;
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
  public void stream(Sink sink) throws IOException {
    for (Rows range : rows) {
      int start = range.first() * rowSize;
      int count = range.count() * rowSize;
      if (dtype == tensor.dtype()) {
        ByteBuffer bytes = tensor.bytes();
        int from = (int) dtype.bytes(start);
        sink.accept(bytes.limit((int) dtype.bytes((long) start + count)).position(from).slice());
      } else {
        convert(start, count, sink);
      }
    }
  }

  private void convert(int start, int count, Sink sink) throws IOException {
    for (int done = 0; done < count; done += PIECE) {
      float[] values = new float[Math.min(PIECE, count - done)];
      tensor.copyTo(start + done, values, 0, values.length);
      ByteBuffer encoded = ElementCodec.encode(dtype, values);
      checkRange(start + done, values, encoded);
      sink.accept(encoded);
    }
  }

  /** What is finite must stay finite. */
  private void checkRange(int start, float[] values, ByteBuffer encoded) {
    float[] written = new float[values.length];
    ElementCodec.decode(dtype, encoded, 0, written, 0, written.length);
    for (int i = 0; i < values.length; i++) {
      if (Float.isInfinite(written[i])) {
        double stored =
            tensor.dtype() == DType.F64
                ? tensor.bytes().getDouble(Double.BYTES * (start + i))
                : values[i];
        if (!Double.isInfinite(stored)) {
          throw new NonFiniteException(
              "Tensor "
                  + Printable.name(tensor.name())
                  + " holds "
                  + stored
                  + ", which is beyond the range of "
                  + dtype
                  + "; choose a type of larger range.");
        }
      }
    }
  }

  @Override
  public ByteBuffer bytes() {
    ByteBuffer all = ByteBuffer.allocate((int) sizeInBytes());
    try {
      stream(all::put);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return all.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Of the elements as they were: what a conversion rounds, it rounds when it is written. */
  @Override
  public void copyTo(int start, float[] destination, int offset, int count) {
    Objects.checkFromIndexSize(start, count, shape.size());
    int skipped = start;
    int done = 0;
    for (Rows range : rows) {
      int size = range.count() * rowSize;
      int elements = Math.min(size - skipped, count - done);
      if (elements > 0) {
        tensor.copyTo(range.first() * rowSize + skipped, destination, offset + done, elements);
        done += elements;
      }
      skipped = Math.max(0, skipped - size);
    }
  }
}
