package org.viditq.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.IoReason;

/** What a command has written. */
public final class StoredBytes {
  private StoredBytes() {}

  /**
   * Of a file, or of all files in a folder.
   *
   * @throws OutputException if it is not there
   */
  public static long of(Path place) {
    try (Stream<Path> files = Files.walk(place)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    } catch (IOException e) {
      throw new OutputException("Cannot read " + place + ": " + IoReason.of(e) + ".", e);
    }
  }
}
