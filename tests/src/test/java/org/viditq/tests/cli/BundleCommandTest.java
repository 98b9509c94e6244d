package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundleCommandTest {
  private static final String MODEL = "../samples/pixart-mini";

  @TempDir private Path folder;

  /** Parts are joined, unpacked and run with nothing of this machine's Java, PATH or home. */
  @Tag("slow")
  @Test
  void aBundleRunsWithoutJava() throws Exception {
    Path parts = folder.resolve("parts");
    CommandRun bundled =
        CommandRun.of(
                "bundle",
                "--model",
                MODEL,
                "--part-size",
                "40MiB",
                "--out",
                parts.resolve("viditq.tar.gz").toString(),
                "--json")
            .succeeded();
    assertThat(bundled.json().path("files")).hasSizeGreaterThan(3);
    assertThat(bundled.json().path("bytes").path("runtime/").asLong()).isPositive();

    Path unpacked = Files.createDirectory(folder.resolve("unpacked"));
    assertThat(run(List.of("sh", parts.resolve("join.sh").toString(), unpacked.toString()), true))
        .contains("viditq-bundle");
    Path bundle = unpacked.resolve("viditq-bundle");
    Path picture = folder.resolve("bundled.png");
    List<String> generate =
        List.of("--prompt", "a red ring", "--steps", "2", "--seed", "3", "--quiet", "--out");
    String program = bundle.resolve("viditq").toString();
    assertThat(run(List.of(program, "--version"), false)).startsWith("viditq ");
    String model = bundle.resolve("models/pixart-mini").toString();
    run(words(List.of(program, "generate", "--model", model), generate, picture), false);

    Path here = folder.resolve("here.png");
    CommandRun.of(
            words(List.of("generate", "--model", MODEL), generate, here).toArray(String[]::new))
        .succeeded();
    assertThat(pixels(picture)).containsExactly(pixels(here));
    // Native libraries were unpacked beside the program and nowhere else.
    assertThat(bundle.resolve("cache/javacpp")).isNotEmptyDirectory();

    Files.write(parts.resolve("viditq.tar.gz.part002"), new byte[] {1});
    assertThat(run(List.of("sh", parts.resolve("join.sh").toString(), unpacked.toString()), true))
        .contains("missing or damaged");
  }

  private static int[] pixels(Path file) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  private static List<String> words(List<String> first, List<String> then, Path last) {
    List<String> words = new ArrayList<>(first);
    words.addAll(then);
    words.add(last.toString());
    return words;
  }

  /** Both streams of a process that must end within minutes. */
  private String run(List<String> command, boolean withPath)
      throws IOException, InterruptedException {
    Path log = folder.resolve("log.txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    String path = System.getenv("PATH");
    builder.environment().clear();
    if (withPath) {
      builder.environment().put("PATH", path);
    }
    Process process =
        builder
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
    String printed = Files.readString(log, StandardCharsets.UTF_8);
    assertThat(process.exitValue() == 0 || printed.contains("missing or damaged"))
        .as(printed)
        .isTrue();
    return printed;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--part-size=60MiB --out={}/folder",
        "--part-size=much --out={}/x.tar.gz",
        "--part-size=1000 --out={}/x.tar.gz",
        "--library={}/nowhere --out={}/x.tar.gz",
        "--library={}/empty --out={}/x.tar.gz",
        "--out={}/full",
        "--out={}/there.tar.gz",
        "--part-size=1MiB --out={}/parts.tar.gz"
      })
  void wrongRequestsLeaveNothing(String request) throws IOException {
    Files.createDirectory(folder.resolve("empty"));
    Files.createDirectory(folder.resolve("full"));
    Files.createFile(folder.resolve("full/file"));
    Files.createFile(folder.resolve("there.tar.gz"));
    Files.createFile(folder.resolve("parts.tar.gz.part001"));
    List<String> arguments =
        new ArrayList<>(List.of(request.replace("{}", folder.toString()).split(" ")));
    arguments.add(0, "bundle");
    CommandRun.of(arguments.toArray(String[]::new)).failedWith(2);
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("empty", "full", "there.tar.gz", "parts.tar.gz.part001");
    }
  }

  @Test
  void aModelThatIsNotThereIsNamed() {
    Path missing = folder.resolve("model");
    CommandRun run =
        CommandRun.of(
                "bundle", "--model", missing.toString(), "--out", folder.resolve("b").toString())
            .failedWith(1);
    assertThat(run.stderr()).contains(missing.toString());
    assertThat(folder).isEmptyDirectory();
  }
}
