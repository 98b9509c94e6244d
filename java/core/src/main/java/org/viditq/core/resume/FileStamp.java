package org.viditq.core.resume;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Sha256;

/**
 * Tells files of a model from what they were before: name, size, time of the last change and first
 * bytes of each, which hold the header of a checkpoint.
 */
public final class FileStamp {
  private static final int FIRST_BYTES = 64 << 10;

  private FileStamp() {}

  /**
   * Of a file, or of all files of a folder.
   *
   * @return 64 hexadecimal digits
   * @throws InvalidModelException if they cannot be read
   */
  public static String of(Path place) {
    MessageDigest digest = Sha256.begin();
    try (Stream<Path> tree = Files.walk(place, FileVisitOption.FOLLOW_LINKS)) {
      List<Path> files = tree.filter(Files::isRegularFile).sorted().toList();
      for (Path file : files) {
        String facts =
            place.relativize(file)
                + " "
                + Files.size(file)
                + " "
                + Files.getLastModifiedTime(file).toMillis()
                + "\n";
        digest.update(facts.getBytes(StandardCharsets.UTF_8));
        try (InputStream content = Files.newInputStream(file)) {
          digest.update(content.readNBytes(FIRST_BYTES));
        }
      }
    } catch (UncheckedIOException unreadable) {
      throw failure(place, unreadable.getCause());
    } catch (IOException unreadable) {
      throw failure(place, unreadable);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static InvalidModelException failure(Path place, IOException unreadable) {
    return new InvalidModelException(
        "Cannot read " + place + ": " + IoReason.of(unreadable) + ".", unreadable);
  }
}
