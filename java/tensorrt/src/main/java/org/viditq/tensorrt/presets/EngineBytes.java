package org.viditq.tensorrt.presets;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BytePointer;
import org.viditq.core.error.BackendException;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Sha256;
import org.viditq.tensorrt.engine.EngineFile;

/** The bytes of an engine's file in memory; those that are hashed are those that are used. */
public final class EngineBytes {
  private static final int PIECE = 1 << 24;

  private EngineBytes() {}

  /**
   * @return the caller closes it
   * @throws BackendException if the file cannot be read or has another hash
   */
  static BytePointer read(EngineFile file) {
    MessageDigest digest = Sha256.begin();
    BytePointer bytes = read(file.path(), digest::update);
    if (!HexFormat.of().formatHex(digest.digest()).equalsIgnoreCase(file.sha256())) {
      bytes.close();
      throw new BackendException(
          "The engine "
              + file.path()
              + " has other bytes than when it was made, and engines are executable code;"
              + " delete it, and it is built anew.");
    }
    return bytes;
  }

  /**
   * An engine that nobody but this process has had, however large.
   *
   * @return the caller closes it
   * @throws BackendException if the file cannot be read
   */
  public static BytePointer read(Path file) {
    return read(file, piece -> {});
  }

  private static BytePointer read(Path file, Consumer<ByteBuffer> seen) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      BytePointer bytes = new BytePointer(Math.max(1, size));
      try {
        for (long from = 0; from < size; from += PIECE) {
          ByteBuffer piece =
              bytes.getPointer(from).capacity(Math.min(PIECE, size - from)).asByteBuffer();
          while (piece.hasRemaining()) {
            if (channel.read(piece) < 0) {
              throw new IOException("it became shorter");
            }
          }
          seen.accept(piece.flip());
        }
        return bytes.capacity(size);
      } catch (IOException | RuntimeException failed) {
        bytes.close();
        throw failed;
      }
    } catch (IOException e) {
      throw new BackendException("Cannot read the engine " + file + ": " + IoReason.of(e) + ".", e);
    }
  }
}
