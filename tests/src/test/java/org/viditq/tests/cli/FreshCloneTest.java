package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real launcher, Maven and JVM on a copy of the sources, as after a clone. All steps of its
 * build are gone through from nothing, with one short cut: where the build that this test belongs
 * to has compiled the same C++ file, its object is taken, which saves most of the time.
 */
@Tag("slow")
class FreshCloneTest {
  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

  /** What a clone does not have, and what the launcher does not need. */
  private static final Set<String> LEFT_OUT =
      Set.of("target", ".git", ".viditq", ".fast", "demo-out", "fixtures");

  private static final String MAVEN_OPTIONS = "-XX:TieredStopAtLevel=1";

  /** Stands in front of the real compiler, which runs unoptimized where there is no object. */
  private static final String COMPILER =
      """
      #!/bin/sh
      PATH=${PATH#*:}
      for word; do
        [ "$previous" = -o ] && out=$word
        previous=$word
      done
      built=@BUILT@/$out
      if [ -f "$built.d" ] &&
        newer=$(find $(sed -e 's/^[^:]*://' -e 's/\\\\$//' "$built.d") -newer "$built") &&
        [ -z "$newer" ]; then
        cp "$built.d" "$out.d" && exec cp "$built" "$out"
      fi
      exec g++ "$@" -O0
      """;

  @TempDir private Path folder;
  private Path tools;

  @BeforeEach
  void tools() throws IOException {
    tools = Files.createDirectory(folder.resolve("tools"));
    Path compiler = tools.resolve("g++");
    Path built = PROJECT.resolve("cpp/target/cmake");
    Files.writeString(compiler, COMPILER.replace("@BUILT@", built.toString()));
    Files.setPosixFilePermissions(compiler, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void theLauncherBuildsAndStarts() throws Exception {
    Path clone = folder.resolve("clone");
    copy(PROJECT, clone);

    Result first = launch(clone, "--version");
    assertThat(first.exitCode).as(first.output).isZero();
    assertThat(first.output).contains("building from source").contains("viditq 0.");

    // Java can crash over lambdas of old interfaces; without an archive starts take twice as long.
    assertThat(archives(clone)).as("archives of classes").isEqualTo(1);

    Result second = launch(clone, "inspect", "samples/pixart-mini", "--summary");
    assertThat(second.exitCode).as(second.output).isZero();
    assertThat(second.output).doesNotContain("building").contains("PixArtTransformer2DModel");

    Result bench = launch(clone, "bench", "gemm", "--shapes", "8x64x48", "--rounds", "1");
    assertThat(bench.exitCode).as(bench.output).isZero();
    assertThat(bench.output).contains("building from source").contains("onnxruntime-dynamic-int8");

    Result wrong = launch(clone, "inspect");
    assertThat(wrong.exitCode).isEqualTo(2);
  }

  private static long archives(Path clone) throws IOException {
    try (Stream<Path> state = Files.walk(clone.resolve(".viditq"))) {
      return state.filter(file -> file.endsWith("classes.jsa")).count();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path source, BasicFileAttributes attributes)
              throws IOException {
            if (LEFT_OUT.contains(source.getFileName().toString())) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(to.resolve(from.relativize(source)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path source, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(
                source, to.resolve(from.relativize(source)), StandardCopyOption.COPY_ATTRIBUTES);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private Result launch(Path clone, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(clone.resolve("viditq").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(clone.toFile()).redirectErrorStream(true);
    builder.environment().merge("PATH", tools.toString(), (path, first) -> first + ":" + path);
    builder.environment().merge("MAVEN_OPTS", MAVEN_OPTIONS, (given, more) -> given + " " + more);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
    return new Result(process.exitValue(), output);
  }

  private record Result(int exitCode, String output) {}
}
