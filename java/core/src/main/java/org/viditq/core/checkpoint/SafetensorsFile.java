package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.io.IoReason;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;

/**
 * One memory-mapped safetensors file: 8 bytes header length (little-endian), a JSON header, the
 * data.
 *
 * <p>Each tensor is mapped on its own when its bytes are first asked for (small ones are read), so
 * neither the size of the file nor the heap is a limit. Closing it closes the file; the mappings go
 * when the last buffer onto them is garbage, since unmapping memory that somebody still reads would
 * crash. A tensor that is only {@linkplain StoredTensor#copyTo converted} is never mapped, so that
 * its pages do not count as memory of the process.
 */
final class SafetensorsFile extends NamedTensors {
  /** Bytes read at once; Java copies them through native memory, which pieces keep small. */
  private static final int PIECE = 1 << 18;

  /** Below this, the pages and the bookkeeping of a mapping are more than the tensor. */
  private static final int LEAST_MAPPED = 1 << 13;

  private final FileChannel channel;
  private final Map<String, String> metadata;

  /**
   * @throws InvalidCheckpointException if the file is missing, unreadable or not valid safetensors
   */
  static SafetensorsFile open(Path file) {
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
      return new SafetensorsFile(file, channel);
    } catch (IOException e) {
      closeQuietly(channel);
      throw new InvalidCheckpointException(
          "Cannot read checkpoint " + file + ": " + IoReason.of(e) + ".", e);
    } catch (RuntimeException e) {
      closeQuietly(channel);
      throw e;
    }
  }

  private SafetensorsFile(Path file, FileChannel channel) throws IOException {
    super(file.toString());
    this.channel = channel;
    byte[] json = readHeader();
    long dataStart = Long.BYTES + json.length;
    SafetensorsHeader header = SafetensorsHeader.parse(json, channel.size() - dataStart, source());
    this.metadata = Collections.unmodifiableMap(header.metadata());
    header.entries().forEach((name, entry) -> add(new MappedTensor(name, entry, dataStart)));
  }

  private byte[] readHeader() throws IOException {
    long size = channel.size();
    if (size < Long.BYTES) {
      throw new InvalidCheckpointException(
          source()
              + " is only "
              + size
              + " bytes long; it is truncated or not a safetensors file.");
    }
    ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    readFully(prefix, 0);
    if (Pickle.looksLike(prefix)) {
      throw Pickle.refuse(source());
    }
    long length = prefix.getLong(0);
    if (length < 0 || length > SafetensorsHeader.MAX_LENGTH) {
      throw new InvalidCheckpointException(
          source()
              + " claims a header of "
              + Long.toUnsignedString(length)
              + " bytes (at most "
              + SafetensorsHeader.MAX_LENGTH
              + " are allowed); it is damaged or not a safetensors file.");
    }
    if (length > size - Long.BYTES) {
      throw new InvalidCheckpointException(
          source()
              + " claims a header of "
              + length
              + " bytes but is only "
              + size
              + " bytes long; it is truncated or not a safetensors file.");
    }
    ByteBuffer header = ByteBuffer.allocate((int) length);
    readFully(header, Long.BYTES);
    return header.array();
  }

  /** Fills the buffer, which starts at position 0. */
  private void readFully(ByteBuffer destination, long position) throws IOException {
    while (destination.hasRemaining()) {
      int read = channel.read(destination, position + destination.position());
      if (read < 0) {
        throw new IOException("it became shorter while it was read");
      }
    }
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }

  private static void closeQuietly(FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException nothingWasWritten) {
        // A file that was only read has nothing to lose.
      }
    }
  }

  /** A window of the file. */
  private final class MappedTensor implements StoredTensor {
    private final String name;
    private final SafetensorsHeader.Entry entry;
    private final long dataStart;
    private ByteBuffer window;

    MappedTensor(String name, SafetensorsHeader.Entry entry, long dataStart) {
      this.name = name;
      this.entry = entry;
      this.dataStart = dataStart;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public DType dtype() {
      return entry.dtype();
    }

    @Override
    public Shape shape() {
      return entry.shape();
    }

    @Override
    public synchronized ByteBuffer bytes() {
      if (window == null) {
        window = sizeInBytes() < LEAST_MAPPED ? readAll() : map();
      }
      return window.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer readAll() {
      ByteBuffer bytes = ByteBuffer.allocate((int) sizeInBytes());
      read(bytes, entry.begin());
      return bytes.rewind().asReadOnlyBuffer();
    }

    private ByteBuffer map() {
      long length = entry.end() - entry.begin();
      try {
        if (length > channel.size() - dataStart - entry.begin()) {
          // Reading beyond the end of a mapped file would fault.
          throw new IOException("it became shorter while it was open");
        }
        return channel.map(FileChannel.MapMode.READ_ONLY, dataStart + entry.begin(), length);
      } catch (IOException e) {
        throw unreadable(e);
      }
    }

    @Override
    public void copyTo(int start, float[] destination, int offset, int count) {
      Objects.checkFromIndexSize(start, count, shape().size());
      if (mapped()) {
        ElementCodec.decode(entry.dtype(), bytes(), start, destination, offset, count);
        return;
      }
      int elementBytes = entry.dtype().bytes();
      int most = Math.min(count, PIECE / elementBytes);
      ByteBuffer piece = ByteBuffer.allocate(most * elementBytes).order(ByteOrder.LITTLE_ENDIAN);
      for (int done = 0; done < count; done += most) {
        int elements = Math.min(most, count - done);
        read(
            piece.clear().limit(elements * elementBytes),
            entry.begin() + (long) (start + done) * elementBytes);
        ElementCodec.decode(entry.dtype(), piece, 0, destination, offset + done, elements);
      }
    }

    private synchronized boolean mapped() {
      return window != null;
    }

    private void read(ByteBuffer piece, long begin) {
      try {
        readFully(piece, dataStart + begin);
      } catch (IOException e) {
        throw unreadable(e);
      }
    }

    private RuntimeException unreadable(IOException e) {
      return e instanceof ClosedChannelException
          ? new IllegalStateException(
              "Tensor " + name + " was read after its checkpoint " + source() + " was closed.", e)
          : new InvalidCheckpointException(
              "Cannot read tensor " + name + " of " + source() + ": " + IoReason.of(e) + ".", e);
    }

    @Override
    public String toString() {
      return name + " " + entry.dtype() + shape() + " of " + source();
    }
  }
}
