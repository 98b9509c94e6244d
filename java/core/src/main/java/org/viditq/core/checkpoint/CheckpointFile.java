package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.IoReason;

/**
 * A file of weights, open for reading by parts and for mapping. Closing it closes the file; the
 * mappings go when the last buffer onto them is garbage, since unmapping memory that somebody still
 * reads would crash.
 */
final class CheckpointFile implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private final long size;

  /** What a format's reader makes of an open file. */
  @FunctionalInterface
  interface Reader<T> {
    T read(CheckpointFile file) throws IOException;
  }

  /**
   * Opens {@code path} and hands it to the reader, whose result has to close it; if the reader
   * fails it is closed here.
   *
   * @throws InvalidCheckpointException if it cannot be read
   */
  static <T> T open(Path path, Reader<T> reader) {
    CheckpointFile file = null;
    try {
      file = new CheckpointFile(path);
      return reader.read(file);
    } catch (IOException e) {
      closeQuietly(file);
      throw new InvalidCheckpointException(
          "Cannot read checkpoint " + Printable.line(path.toString()) + ": " + IoReason.of(e) + ".",
          e);
    } catch (RuntimeException | Error e) {
      closeQuietly(file);
      throw e;
    }
  }

  private CheckpointFile(Path path) throws IOException {
    this.path = path;
    this.channel = FileChannel.open(path, StandardOpenOption.READ);
    this.size = channel.size();
  }

  private static void closeQuietly(CheckpointFile file) {
    if (file != null) {
      file.close();
    }
  }

  /** The path, for messages. */
  String source() {
    return Printable.line(path.toString());
  }

  Path path() {
    return path;
  }

  /** Bytes when it was opened. */
  long size() {
    return size;
  }

  /** Bytes now: less if somebody cuts it off while it is read. */
  private long currentSize() throws IOException {
    return channel.size();
  }

  /** Fills the buffer from its position to its limit, with what starts at {@code position}. */
  void readFully(ByteBuffer destination, long position) throws IOException {
    long at = position;
    while (destination.hasRemaining()) {
      int read = channel.read(destination, at);
      if (read < 0) {
        throw new IOException("it became shorter while it was read");
      }
      at += read;
    }
  }

  /** {@code length} bytes from {@code position} on, little-endian. */
  ByteBuffer read(long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    readFully(bytes, position);
    return bytes.flip();
  }

  /** Read-only. */
  ByteBuffer map(long position, long length) throws IOException {
    if (length > currentSize() - position) {
      // Reading beyond the end of a mapped file would fault.
      throw new IOException("it became shorter while it was open");
    }
    return channel.map(FileChannel.MapMode.READ_ONLY, position, length);
  }

  /** What to throw when reading a tensor fails. */
  RuntimeException unreadable(String tensor, IOException e) {
    return e instanceof ClosedChannelException
        ? new IllegalStateException(
            "Tensor "
                + Printable.name(tensor)
                + " was read after its checkpoint "
                + source()
                + " was closed.",
            e)
        : new InvalidCheckpointException(
            "Cannot read tensor "
                + Printable.name(tensor)
                + " of "
                + source()
                + ": "
                + IoReason.of(e)
                + ".",
            e);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException nothingWasWritten) {
      // A file that was only read has nothing to lose.
    }
  }
}
