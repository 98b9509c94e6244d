package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;

/**
 * A dense row-major window of a file. It is mapped on its own when its bytes are first asked for (a
 * small one is read), so neither the size of the file nor the heap is a limit. A tensor that is
 * only {@linkplain StoredTensor#copyTo converted} is never mapped, so that its pages do not count
 * as memory of the process.
 */
final class FileTensor implements StoredTensor {
  /** Bytes read at once; Java copies them through native memory, which pieces keep small. */
  private static final int PIECE = 1 << 18;

  /** Below this, the pages and the bookkeeping of a mapping are more than the tensor. */
  private static final int LEAST_MAPPED = 1 << 13;

  private final CheckpointFile file;
  private final String name;
  private final DType dtype;
  private final Shape shape;
  private final long position;
  private ByteBuffer window;

  /**
   * @param position of its first byte in the file; that the file holds all of it is the caller's
   *     business
   */
  FileTensor(CheckpointFile file, String name, DType dtype, Shape shape, long position) {
    this.file = file;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.position = position;
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
  public synchronized ByteBuffer bytes() {
    if (window == null) {
      try {
        window =
            sizeInBytes() < LEAST_MAPPED
                ? file.read(position, (int) sizeInBytes()).asReadOnlyBuffer()
                : file.map(position, sizeInBytes());
      } catch (IOException e) {
        throw file.unreadable(name, e);
      }
    }
    return window.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void copyTo(int start, float[] destination, int offset, int count) {
    Objects.checkFromIndexSize(start, count, shape().size());
    if (mapped()) {
      ElementCodec.decode(dtype, bytes(), start, destination, offset, count);
      return;
    }
    int most = Math.min(count, PIECE / dtype.bytes());
    ByteBuffer piece =
        ByteBuffer.allocate((int) dtype.bytes(most) + 1).order(ByteOrder.LITTLE_ENDIAN);
    for (int done = 0; done < count; done += most) {
      int first = start + done;
      int elements = Math.min(most, count - done);
      // An element of half a byte may start within the first byte that is read.
      int skipped = dtype.bits() < 8 ? first % 2 : 0;
      try {
        file.readFully(
            piece.clear().limit((int) dtype.bytes(skipped + elements)),
            position + (long) (first - skipped) * dtype.bits() / 8);
      } catch (IOException e) {
        throw file.unreadable(name, e);
      }
      ElementCodec.decode(dtype, piece, skipped, destination, offset + done, elements);
    }
  }

  @Override
  public void copyBytes(int start, byte[] destination, int offset, int count) {
    Objects.checkFromIndexSize(start, count, sizeInBytes());
    if (mapped()) {
      StoredTensor.super.copyBytes(start, destination, offset, count);
      return;
    }
    try {
      file.readFully(ByteBuffer.wrap(destination, offset, count), position + start);
    } catch (IOException e) {
      throw file.unreadable(name, e);
    }
  }

  private synchronized boolean mapped() {
    return window != null;
  }

  @Override
  public String toString() {
    return Printable.name(name) + " " + dtype + shape + " of " + file.source();
  }
}
