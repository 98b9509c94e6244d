package org.viditq.tests.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The golden cases that hold a whole denoiser, of every family. */
public final class ModelFixtures {
  private ModelFixtures() {}

  /** Their files, sorted. */
  public static List<Path> files() {
    try (Stream<Path> files = Files.list(Path.of("fixtures"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("model."))
          .filter(file -> !file.getFileName().toString().startsWith("model.quantized"))
          .sorted()
          .toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
