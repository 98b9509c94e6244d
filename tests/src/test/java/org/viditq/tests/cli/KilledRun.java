package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Runs of commands that are ended when they have kept some of their results. */
final class KilledRun {
  private KilledRun() {}

  /**
   * Ends a process of the command, so that it can do nothing about it, once it has kept parts.
   *
   * @param partial folder where it keeps them
   * @param errors file that gets its standard error
   */
  static void after(int parts, Path partial, Path errors, String... arguments) throws Exception {
    after(parts, 0, partial, errors, arguments);
  }

  /**
   * The same some time later, so that it may be in the middle of anything.
   *
   * @param millis from when it has kept the parts
   */
  static void after(int parts, int millis, Path partial, Path errors, String... arguments)
      throws Exception {
    Process process = ChildJava.viditq(errors, arguments);
    try {
      while (count(partial) < parts) {
        assertThat(process.isAlive()).as(Files.readString(errors)).isTrue();
        Thread.sleep(2);
      }
      Thread.sleep(millis);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static int count(Path partial) throws IOException {
    if (!Files.isDirectory(partial)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(partial)) {
      return (int)
          files.filter(file -> file.getFileName().toString().endsWith(".safetensors")).count();
    }
  }
}
