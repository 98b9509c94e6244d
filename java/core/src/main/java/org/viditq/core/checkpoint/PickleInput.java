package org.viditq.core.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A part of a file as a stream that knows where it is and can look ahead. */
final class PickleInput extends InputStream {
  private static final int BUFFER = 1 << 16;
  private static final int MAX_LINE = 1 << 10;

  private final CheckpointFile file;
  private final long end;
  private long position;
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  /**
   * @param end at most the size of the file
   */
  PickleInput(CheckpointFile file, long position, long end) {
    this.file = file;
    this.position = position;
    this.end = end;
  }

  /** In the file, of the byte that is read next. */
  long position() {
    return position;
  }

  long remaining() {
    return end - position;
  }

  /** The next {@code count} bytes, at most 8, as an unsigned little-endian number. */
  long peek(int count) throws IOException {
    if (remaining() < count) {
      throw new EOFException("it ends within an instruction");
    }
    fill(count);
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << 8 | buffer.get(buffer.position() + i) & 0xff;
    }
    return value;
  }

  /** Up to a line feed, which is consumed and left out. */
  String readLine() throws IOException {
    byte[] line = new byte[MAX_LINE];
    for (int length = 0; length < MAX_LINE; length++) {
      int next = read();
      if (next < 0) {
        throw new EOFException("it ends within a name");
      }
      if (next == '\n') {
        return new String(line, 0, length, StandardCharsets.UTF_8);
      }
      line[length] = (byte) next;
    }
    throw new IOException("it holds a name of more than " + MAX_LINE + " bytes");
  }

  @Override
  public int read() throws IOException {
    if (remaining() <= 0) {
      return -1;
    }
    fill(1);
    position++;
    return buffer.get() & 0xff;
  }

  @Override
  public int read(byte[] destination, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (remaining() <= 0) {
      return -1;
    }
    fill(1);
    int count = Math.min(length, buffer.remaining());
    buffer.get(destination, offset, count);
    position += count;
    return count;
  }

  private void fill(int count) throws IOException {
    if (buffer.remaining() < count) {
      buffer =
          file.read(position, (int) Math.min(BUFFER, remaining())).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
