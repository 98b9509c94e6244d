package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;

/**
 * A tensor whose elements do not lie row-major in the file, such as a transposed one; they are
 * gathered when they are asked for.
 */
final class StridedTensor implements StoredTensor {
  /** Elements gathered at once. */
  private static final int PIECE = 1 << 14;

  private final CheckpointFile file;
  private final String name;
  private final DType dtype;
  private final Shape shape;
  private final int[] extents;
  private final long[] strides;
  private final long position;
  private final long span;
  private ByteBuffer window;

  /**
   * @param strides steps along each axis, in elements, none negative
   * @param position of the first element in the file
   * @param span bytes from the first to the last element, which the file holds
   */
  StridedTensor(
      CheckpointFile file,
      String name,
      DType dtype,
      Shape shape,
      long[] strides,
      long position,
      long span) {
    this.file = file;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.extents = shape.toArray();
    this.strides = strides;
    this.position = position;
    this.span = span;
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
    ByteBuffer bytes = ByteBuffer.allocate((int) sizeInBytes()).order(ByteOrder.LITTLE_ENDIAN);
    gather(0, shape.size(), bytes);
    return bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void copyTo(int start, float[] destination, int offset, int count) {
    Objects.checkFromIndexSize(start, count, shape.size());
    int most = Math.min(count, PIECE);
    ByteBuffer piece = ByteBuffer.allocate(most * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int done = 0; done < count; done += most) {
      int elements = Math.min(most, count - done);
      gather(start + done, elements, piece.clear());
      ElementCodec.decode(dtype, piece, 0, destination, offset + done, elements);
    }
  }

  private void gather(int start, int count, ByteBuffer destination) {
    ByteBuffer from = window();
    int[] index = new int[extents.length];
    long at = 0;
    int rest = start;
    for (int axis = extents.length - 1; axis >= 0; axis--) {
      index[axis] = rest % extents[axis];
      rest /= extents[axis];
      at += index[axis] * strides[axis];
    }
    for (int i = 0; i < count; i++) {
      put(from, (int) (at * dtype.bytes()), destination);
      for (int axis = extents.length - 1; axis >= 0; axis--) {
        at += strides[axis];
        if (++index[axis] < extents[axis]) {
          break;
        }
        at -= extents[axis] * strides[axis];
        index[axis] = 0;
      }
    }
  }

  private void put(ByteBuffer from, int at, ByteBuffer destination) {
    switch (dtype.bytes()) {
      case 8 -> destination.putLong(from.getLong(at));
      case 4 -> destination.putInt(from.getInt(at));
      case 2 -> destination.putShort(from.getShort(at));
      default -> destination.put(from.get(at));
    }
  }

  private synchronized ByteBuffer window() {
    if (window == null) {
      try {
        window = file.map(position, span).order(ByteOrder.LITTLE_ENDIAN);
      } catch (IOException e) {
        throw file.unreadable(name, e);
      }
    }
    return window;
  }

  @Override
  public String toString() {
    return Printable.name(name) + " " + dtype + shape + " of " + file.source();
  }
}
