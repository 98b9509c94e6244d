package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.cli.Main;
import org.viditq.cpp.bridge.Bridge;

/**
 * A machine where the native library does not load: the reference steps in, or the user is told.
 */
@Tag("slow")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LibraryFallbackTest {
  private static final List<String> NO_NATIVES_HERE =
      List.of("-Dorg.bytedeco.javacpp.platform=linux-s390x");

  @TempDir private Path folder;

  private record Outcome(int exitCode, String stderr) {
    /** Java may have something of its own to say on a damaged file. */
    List<String> linesOnTheLibrary() {
      return stderr.lines().filter(line -> line.contains("native library")).toList();
    }
  }

  @Test
  void aPlatformWithoutNativesFallsBackWithOneWarning() throws Exception {
    Outcome outcome = generate(NO_NATIVES_HERE, "auto");

    assertThat(outcome.exitCode()).as(outcome.stderr()).isZero();
    assertThat(outcome.linesOnTheLibrary())
        .singleElement()
        .asString()
        .matches(".*Backend native is left out: The native library for linux-s390x cannot be.*")
        .endsWith(".");
    assertThat(folder.resolve("red.png")).isNotEmptyFile();
  }

  @Test
  void aDamagedLibraryFallsBackWithOneWarning() throws Exception {
    Outcome outcome = generate(damagedLibrary(), "auto");

    assertThat(outcome.exitCode()).as(outcome.stderr()).isZero();
    assertThat(outcome.linesOnTheLibrary())
        .singleElement()
        .asString()
        .contains("Backend native is left out: ", "file too short");
    assertThat(folder.resolve("red.png")).isNotEmptyFile();
  }

  @Test
  void whereNativeIsAskedForItFailsWithTheReason() throws Exception {
    Outcome missing = generate(NO_NATIVES_HERE, "native");
    Outcome damaged = generate(damagedLibrary(), "native");

    for (Outcome outcome : List.of(missing, damaged)) {
      assertThat(outcome.exitCode()).isEqualTo(1);
      assertThat(outcome.linesOnTheLibrary())
          .singleElement()
          .asString()
          .startsWith("viditq: Backend native cannot run here: The native library for ");
    }
    assertThat(damaged.stderr()).contains("file too short");
    assertThat(folder.resolve("red.png")).doesNotExist();
  }

  /** Options with which Java finds a torn library before the whole one. */
  private List<String> damagedLibrary() throws IOException {
    Path classes = folder.resolve("classes");
    Path library =
        classes
            .resolve(Bridge.class.getPackageName().replace('.', '/'))
            .resolve(Loader.getPlatform())
            .resolve(System.mapLibraryName("jnividitq"));
    Files.createDirectories(library.getParent());
    Files.write(library, new byte[] {0x7f, 'E', 'L', 'F'});
    return List.of(
        "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"),
        "-Xbootclasspath/a:" + classes);
  }

  private Outcome generate(List<String> options, String backend) throws Exception {
    List<String> command = new ArrayList<>(ChildJava.command());
    command.addAll(options);
    command.addAll(List.of("-Dviditq.home=..", Main.class.getName(), "generate"));
    command.addAll(List.of("--model", "../samples/pixart-mini", "--prompt", "a red ring"));
    command.addAll(List.of("--steps", "2", "--backend", backend));
    command.addAll(List.of("--out", folder.resolve("red.png").toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    Path errors = folder.resolve("errors");
    Process process = builder.redirectError(errors.toFile()).start();
    try {
      assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
      return new Outcome(process.exitValue(), Files.readString(errors, StandardCharsets.UTF_8));
    } finally {
      process.destroyForcibly();
    }
  }
}
