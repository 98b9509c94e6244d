package org.viditq.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.OutputException;

class AtomicOutputTest {
  @TempDir Path folder;

  private List<String> contents() throws IOException {
    try (var tree = Files.walk(folder)) {
      return tree.filter(p -> !p.equals(folder))
          .map(p -> folder.relativize(p).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void committedFileReplacesTheOldOne() throws IOException {
    Path target = Files.writeString(folder.resolve("a.txt"), "old");
    try (AtomicOutput output = AtomicOutput.file(target)) {
      Files.writeString(output.path(), "new");
      assertThat(target).hasContent("old");
      output.commit();
    }
    assertThat(target).hasContent("new");
    assertThat(contents()).containsExactly("a.txt");
  }

  @Test
  void uncommittedFileLeavesTheOldOneAndNothingElse() throws IOException {
    Path target = Files.writeString(folder.resolve("a.txt"), "old");
    try (AtomicOutput output = AtomicOutput.file(target)) {
      Files.writeString(output.path(), "half");
    }
    assertThat(target).hasContent("old");
    assertThat(contents()).containsExactly("a.txt");
  }

  @Test
  void parentsAreCreatedAndRemovedIfNothingComesOfThem() throws IOException {
    Path target = folder.resolve("x/y/z.txt");
    AtomicOutput.file(target).close();
    assertThat(contents()).isEmpty();
    try (AtomicOutput output = AtomicOutput.file(target)) {
      output.commit();
    }
    assertThat(contents()).containsExactly("x", "x/y", "x/y/z.txt");
  }

  @Test
  void newFolderAppearsAtOnce() throws IOException {
    Path target = folder.resolve("out");
    try (AtomicOutput output = AtomicOutput.folder(target)) {
      Files.createDirectories(output.path().resolve("sub"));
      Files.writeString(output.path().resolve("sub/a.txt"), "a");
      assertThat(target).doesNotExist();
      output.commit();
    }
    assertThat(contents()).containsExactly("out", "out/sub", "out/sub/a.txt");
  }

  @Test
  void existingFolderKeepsItsOtherFiles() throws IOException {
    Path target = Files.createDirectories(folder.resolve("out"));
    Files.writeString(target.resolve("mine.txt"), "mine");
    Files.writeString(target.resolve("a.txt"), "old");
    try (AtomicOutput output = AtomicOutput.folder(target)) {
      Files.createDirectory(output.path().resolve("sub"));
      Files.writeString(output.path().resolve("sub/b.txt"), "b");
      Files.writeString(output.path().resolve("a.txt"), "new");
      output.commit();
    }
    assertThat(contents())
        .containsExactly("out", "out/a.txt", "out/mine.txt", "out/sub", "out/sub/b.txt");
    assertThat(target.resolve("a.txt")).hasContent("new");
  }

  /** It may be a volume of its own, or a link to one, into which nothing can be moved. */
  @Test
  void existingFolderIsWrittenWithinItself() throws IOException {
    Path volume = Files.createDirectory(folder.resolve("volume"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), volume);
    for (Path target : List.of(volume, link)) {
      try (AtomicOutput output = AtomicOutput.folder(target)) {
        assertThat(output.path().getParent().toRealPath()).isEqualTo(volume.toRealPath());
        Files.writeString(output.path().resolve(target.getFileName()), "new");
        output.commit();
      }
    }
    assertThat(contents()).containsExactly("link", "volume", "volume/link", "volume/volume");
  }

  @Test
  void aLinkToAFileStaysALink() throws IOException {
    Path volume = Files.createDirectory(folder.resolve("volume"));
    Path file = Files.writeString(volume.resolve("a.txt"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link.txt"), file);
    try (AtomicOutput output = AtomicOutput.file(link)) {
      assertThat(output.path().getParent()).isEqualTo(volume.toRealPath());
      Files.writeString(output.path(), "new");
      output.commit();
    }
    assertThat(link).isSymbolicLink();
    assertThat(file).hasContent("new");
    assertThat(contents()).containsExactly("link.txt", "volume", "volume/a.txt");
  }

  @Test
  void uncommittedFolderIsDeletedWithItsFiles() throws IOException {
    try (AtomicOutput output = AtomicOutput.folder(folder.resolve("out"))) {
      Files.createDirectories(output.path().resolve("p/q"));
      Files.writeString(output.path().resolve("p/q/a.txt"), "a");
    }
    assertThat(contents()).isEmpty();
  }

  @Test
  void committedFileHasOrdinaryPermissions() throws IOException {
    Path ordinary = Files.createFile(folder.resolve("ordinary"));
    try (AtomicOutput output = AtomicOutput.file(folder.resolve("a"))) {
      output.commit();
    }
    assertThat(Files.getPosixFilePermissions(folder.resolve("a")))
        .isEqualTo(Files.getPosixFilePermissions(ordinary));
  }

  @Test
  void targetBelowAFileIsRefused() throws IOException {
    Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> AtomicOutput.file(folder.resolve("file/a.txt")))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("file/a.txt")
        .hasMessageEndingWith(".");
  }

  @Test
  void targetOfTheOtherKindIsRefused() throws IOException {
    Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> AtomicOutput.file(folder))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("not a regular file");
    assertThatThrownBy(() -> AtomicOutput.folder(folder.resolve("file")))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("not a folder");
    assertThatThrownBy(() -> AtomicOutput.file(Path.of("/"))).isInstanceOf(OutputException.class);
  }

  @Test
  void deviceIsNotReplaced() {
    assertThatThrownBy(() -> AtomicOutput.file(Path.of("/dev/null")))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("not a regular file");
  }

  @Test
  void failedCommitLeavesNothing() throws IOException {
    Path target = folder.resolve("out");
    try (AtomicOutput output = AtomicOutput.file(target)) {
      Files.createDirectories(target.resolve("in the way"));
      assertThatThrownBy(output::commit).isInstanceOf(OutputException.class);
    }
    assertThat(contents()).containsExactly("out", "out/in the way");
  }

  @Test
  void interruptedProcessLeavesNothing() throws Exception {
    Process process = startWriter();
    try {
      assertThat(contents()).hasSizeGreaterThan(3);
      process.destroy(); // SIGTERM; the JVM treats SIGINT alike
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(contents()).isEmpty();
  }

  @Test
  void whatAKilledProcessHasLeftIsRemovedByTheNextThatWritesThere() throws Exception {
    Process killed = startWriter();
    killed.destroyForcibly().waitFor();
    assertThat(contents()).hasSizeGreaterThan(3);

    try (AtomicOutput file = AtomicOutput.file(folder.resolve("deep/er/file"));
        AtomicOutput other = AtomicOutput.file(folder.resolve("other"))) {
      Files.writeString(file.path(), "whole");
      file.commit();
      other.commit();
    }
    assertThat(contents()).containsExactly("deep", "deep/er", "deep/er/file", "other");
  }

  @Test
  void whatAnotherProcessIsWritingStays() throws Exception {
    Process running = startWriter();
    try (AtomicOutput own = AtomicOutput.folder(folder.resolve("own"))) {
      Path earlier = own.path();
      try (AtomicOutput another = AtomicOutput.file(folder.resolve("another"))) {
        another.commit();
      }
      assertThat(earlier).exists();
      running.destroy();
      assertThat(running.waitFor(60, TimeUnit.SECONDS)).isTrue();
      // It ended well: nobody had taken its files away.
      assertThat(running.exitValue()).isEqualTo(143);
      own.commit();
    } finally {
      running.destroyForcibly();
    }
    assertThat(contents()).containsExactly("another", "own");
  }

  @Test
  void onlyWhatIsOursIsRemoved() throws IOException {
    for (String name : List.of(".viditq-1-a.tmp", ".x.viditq-1-a.lock", "viditq-1-a.lock")) {
      Files.writeString(folder.resolve(name), "someone's");
    }
    try (AtomicOutput output = AtomicOutput.file(folder.resolve("a"))) {
      output.commit();
    }
    assertThat(contents())
        .containsExactly(".viditq-1-a.tmp", ".x.viditq-1-a.lock", "a", "viditq-1-a.lock");
  }

  @Test
  void longNamesHaveTemporaryOnesToo() throws IOException {
    String name = "n".repeat(255);
    try (AtomicOutput output = AtomicOutput.file(folder.resolve(name))) {
      output.commit();
    }
    assertThat(contents()).containsExactly(name);
  }

  private Process startWriter() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    assertThat(lines.readLine()).isEqualTo("writing");
    return process;
  }

  /** Begins a file and a folder and keeps writing until it is stopped. */
  static final class Writer {
    public static void main(String[] args) throws IOException {
      Path folder = Path.of(args[0]);
      AtomicOutput file = AtomicOutput.file(folder.resolve("deep/er/file"));
      AtomicOutput tree = AtomicOutput.folder(folder.resolve("tree"));
      Files.writeString(file.path(), "half");
      for (int i = 0; ; i++) {
        Files.writeString(tree.path().resolve(i % 100 + ".txt"), "half");
        if (i == 100) {
          System.out.println("writing");
        }
      }
    }
  }
}
