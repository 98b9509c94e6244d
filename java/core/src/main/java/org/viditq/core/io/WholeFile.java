package org.viditq.core.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads files whole that have to be small. What a file system says of a size is not asked: pipes
 * and devices have none, and some never end.
 */
public final class WholeFile {
  private WholeFile() {}

  /**
   * @param most bytes that the file may have
   * @return its content; empty if there is more
   * @throws IOException if it cannot be read
   */
  public static Optional<byte[]> read(Path file, int most) throws IOException {
    try (InputStream content = Files.newInputStream(file)) {
      byte[] bytes = content.readNBytes(most);
      return content.read() < 0 ? Optional.of(bytes) : Optional.empty();
    }
  }
}
