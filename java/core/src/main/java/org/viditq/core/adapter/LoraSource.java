package org.viditq.core.adapter;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;

/**
 * An adapter that somebody asks for.
 *
 * @param path a file, or a folder that holds one
 * @param scale what its change of the weights is multiplied by; finite, also 0 or negative
 */
public record LoraSource(Path path, double scale) {
  public LoraSource {
    if (!Double.isFinite(scale)) {
      throw new UsageException(
          "The scale of the LoRA adapter "
              + Printable.line(path.toString())
              + " is "
              + scale
              + "; give a finite number.");
    }
  }

  /**
   * Reads {@code FILE} or {@code FILE:SCALE}; the scale is 1 if none is given. A file whose own
   * name has a colon is taken for what it is.
   *
   * @throws UsageException if the scale is no number, or the path none in this locale
   */
  public static LoraSource parse(String text) {
    Path whole = path(text);
    int colon = text.lastIndexOf(':');
    if (colon < 0 || Files.exists(whole)) {
      return new LoraSource(whole, 1);
    }
    String scale = text.substring(colon + 1);
    Path path = path(text.substring(0, colon));
    try {
      return new LoraSource(path, Double.parseDouble(scale));
    } catch (NumberFormatException noNumber) {
      throw new UsageException(
          "The scale '"
              + Printable.name(scale)
              + "' of the LoRA adapter "
              + Printable.line(path.toString())
              + " is no number; write it behind a colon, such as "
              + Printable.line(path.toString())
              + ":0.8.",
          noNumber);
    }
  }

  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new UsageException("A LoRA adapter has no name; give --lora a file or a folder.");
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new UsageException(
          "The LoRA adapter cannot be a file in this locale: " + e.getReason() + ".", e);
    }
  }

  /** As it is written on a command line. */
  public String describe() {
    return path + (scale == 1 ? "" : ":" + scale);
  }
}
