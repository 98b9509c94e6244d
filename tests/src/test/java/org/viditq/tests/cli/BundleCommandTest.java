package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundleCommandTest {
  private static final String MODEL = "../samples/pixart-mini";

  @TempDir private Path folder;

  /** Parts are joined, unpacked and run with nothing of this machine's Java, PATH or home. */
  @Tag("slow")
  @Test
  void aBundleRunsWithoutJava(TestReporter reporter) throws Exception {
    Path library = jar("org/example/linux-x86_64/libnamed.so.1");
    Path parts = folder.resolve("parts");
    CommandRun bundled =
        CommandRun.of(
                "bundle",
                "--model",
                MODEL,
                "--library",
                library.toString(),
                "--jar",
                library.toString(),
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
    assertThat(pixels(picture)).isEqualTo(pixels(here));
    // Native libraries were unpacked beside the program and nowhere else.
    assertThat(bundle.resolve("cache/javacpp")).isNotEmptyDirectory();
    assertThat(bundle.resolve("native/libnamed.so.1")).hasContent("no library");
    assertThat(bundle.resolve("lib/natives.jar")).hasSameBinaryContentAs(library);
    runInEmptyRoot(unpacked, pixels(here), generate, reporter);

    Files.write(parts.resolve("viditq.tar.gz.part002"), new byte[] {1});
    assertThat(run(List.of("sh", parts.resolve("join.sh").toString(), unpacked.toString()), true))
        .contains("missing or damaged");
  }

  private Path jar(String entry) throws IOException {
    Path jar = folder.resolve("natives.jar");
    try (JarOutputStream stream = new JarOutputStream(Files.newOutputStream(jar))) {
      stream.putNextEntry(new JarEntry(entry));
      stream.write("no library".getBytes(StandardCharsets.UTF_8));
    }
    return jar;
  }

  /**
   * The same with the folder that the bundle lies in as root, in which there are a C library, a
   * shell and /proc, and nothing else. Where this user may make no such root, the report says so.
   */
  private void runInEmptyRoot(
      Path root, int[] expected, List<String> generate, TestReporter reporter) throws Exception {
    List<String> enter =
        List.of(
            "unshare",
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            "mount --rbind /proc \"$0/proc\" && chroot=$(command -v chroot)"
                + " && exec env -i \"$chroot\" \"$0\" \"$@\"",
            root.toString());
    addCLibrary(root);
    Process permitted =
        new ProcessBuilder(words(enter, List.of("/bin/sh", "-c"), Path.of("exit")))
            .redirectErrorStream(true)
            .start();
    String refusal = new String(permitted.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (permitted.waitFor() != 0) {
      reporter.publishEntry("left out, as no other root can be made here", refusal.strip());
      return;
    }
    List<String> program = words(enter, List.of(), Path.of("/viditq-bundle/viditq"));
    assertThat(run(words(program, List.of(), Path.of("--version")), true)).startsWith("viditq ");
    List<String> model = List.of("generate", "--model", "/viditq-bundle/models/pixart-mini");
    List<String> command = new ArrayList<>(program);
    command.addAll(model);
    run(words(command, generate, Path.of("/picture.png")), true);
    assertThat(pixels(root.resolve("picture.png"))).isEqualTo(expected);
  }

  private static void addCLibrary(Path root) throws Exception {
    for (String name : List.of("proc", "tmp", "bin")) {
      Files.createDirectory(root.resolve(name));
    }
    Path shell = Path.of("/bin/sh").toRealPath();
    Files.copy(shell, root.resolve("bin/sh"));
    Process ldd = new ProcessBuilder("ldd", shell.toString()).start();
    String printed = new String(ldd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Matcher needed = Pattern.compile("(/\\S+) \\(0x").matcher(printed);
    while (needed.find()) {
      Path library = Path.of(needed.group(1));
      copyInto(root, library);
      if (library.getFileName().toString().startsWith("libc.so")) {
        try (Stream<Path> beside = Files.list(library.getParent())) {
          for (Path file : (Iterable<Path>) beside::iterator) {
            if (file.getFileName().toString().matches("lib(m|dl|pthread|rt|resolv)\\.so\\.\\d+")) {
              copyInto(root, file);
            }
          }
        }
      }
    }
  }

  private static void copyInto(Path root, Path library) throws IOException {
    Path target = root.resolve(library.toString().substring(1));
    Files.createDirectories(target.getParent());
    Files.copy(library, target, StandardCopyOption.REPLACE_EXISTING);
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
        "--library={}/natives.jar --out={}/x.tar.gz",
        "--jar={}/empty --out={}/x.tar.gz",
        "--out={}/full",
        "--out={}/there.tar.gz",
        "--part-size=1MiB --out={}/parts.tar.gz"
      })
  void wrongRequestsLeaveNothing(String request) throws IOException {
    jar("org/example/windows-x86_64/named.dll");
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
          .containsExactlyInAnyOrder(
              "empty", "full", "natives.jar", "there.tar.gz", "parts.tar.gz.part001");
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
