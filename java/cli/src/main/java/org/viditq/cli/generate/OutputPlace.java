package org.viditq.cli.generate;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.media.MediaFormat;

/**
 * What {@code --out} means: a file of a format, or a folder.
 *
 * @param path of the file or folder
 * @param format of the file; empty for a folder
 */
record OutputPlace(Path path, Optional<MediaFormat> format) {
  /** What reads as the ending of a file: a dot and a short word. */
  private static final String WITH_ENDING = ".+\\.(?=[0-9]*\\p{Alpha})[\\p{Alnum}]{1,5}";

  /**
   * A name with an ending of {@link MediaFormat} is a file. A folder is what exists as one, what
   * ends with a slash, and every other name, unless it has an ending that stands for no format:
   * whoever writes {@code x.tiff} does not want a folder called so. Nor does who writes {@code
   * .png}, with the name lost, or {@code "x.png "}.
   *
   * @throws UsageException for such names, and for what cannot be a path
   */
  static OutputPlace of(String out) {
    Path path;
    try {
      path = Path.of(out);
    } catch (InvalidPathException e) {
      throw new UsageException(
          "--out cannot be a file or folder in this locale: " + e.getReason() + ".", e);
    }
    if (out.isEmpty()) {
      throw new UsageException("--out is empty; give it a file or a folder.");
    }
    if (out.endsWith("/") || out.endsWith(File.separator)) {
      return new OutputPlace(path, Optional.empty());
    }
    Optional<MediaFormat> format = MediaFormat.ofFile(path);
    Path name = path.getFileName();
    if (format.isEmpty()
        && name != null
        && name.toString().matches(WITH_ENDING)
        && !Files.isDirectory(path)) {
      String text = name.toString();
      throw new UsageException(
          "The ending "
              + text.substring(text.lastIndexOf('.'))
              + " of "
              + out
              + " stands for no format that is written; end the name with "
              + MediaFormat.allEndings()
              + ", or with / for a folder.");
    }
    if (format.isEmpty() && name != null && !Files.isDirectory(path)) {
      requireNoSlip(name.toString(), out);
    }
    return new OutputPlace(path, format);
  }

  private static void requireNoSlip(String name, String out) {
    String known = name.replaceFirst("[.\\s]+$", "");
    boolean behind = !known.equals(name) && MediaFormat.ofFile(Path.of(known)).isPresent();
    if (behind || name.startsWith(".") && MediaFormat.ofFile(Path.of("x" + name)).isPresent()) {
      throw new UsageException(
          "The name '"
              + out
              + "' has "
              + (behind ? "dots or spaces behind" : "nothing before")
              + " its ending; give the name of a file, or end it with / for a folder.");
    }
  }
}
