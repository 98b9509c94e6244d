package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.viditq.cli.Main;

/**
 * What a command did in a process of its own, started by a shell that can limit and redirect it.
 *
 * @param exitCode of the shell
 */
record ProcessRun(int exitCode, String stdout, String stderr) {
  private static final long PATIENCE_SECONDS = 240;

  /** How to start one. */
  static final class Builder {
    private final Path folder;
    private final List<String> options = new ArrayList<>();
    private String shell = "exec \"$@\"";
    private String mainClass = Main.class.getName();

    private Builder(Path folder) {
      this.folder = folder;
    }

    /** Options of the virtual machine. */
    Builder java(String... more) {
      options.addAll(List.of(more));
      return this;
    }

    /** What bash runs, with the command as {@code "$@"}. */
    Builder shell(String script) {
      shell = script;
      return this;
    }

    Builder mainClass(Class<?> type) {
      mainClass = type.getName();
      return this;
    }

    /** Starts it; streams go to the files {@code stdout} and {@code stderr} beside its folder. */
    Process start(String... arguments) throws IOException {
      List<String> command =
          new ArrayList<>(
              List.of(
                  // A shell that runs the tests in the background makes them ignore the one signal,
                  // nohup the other.
                  "env", "--default-signal=INT,HUP", "bash", "-c", shell, "viditq"));
      command.addAll(ChildJava.command());
      // As the launcher does.
      command.addAll(
          List.of("-XX:+DisplayVMOutputToStderr", "-Dviditq.home=" + Path.of("..").toRealPath()));
      command.addAll(options);
      command.add(mainClass);
      command.addAll(List.of(arguments));
      ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
      builder.environment().put("CLASSPATH", absoluteClassPath());
      return builder
          .redirectOutput(stdout(folder).toFile())
          .redirectError(stderr(folder).toFile())
          .start();
    }

    /** Runs it to its end. */
    ProcessRun run(String... arguments) throws Exception {
      return ProcessRun.end(start(arguments), folder);
    }

    private static String absoluteClassPath() {
      List<String> paths = new ArrayList<>();
      for (String path : System.getProperty("java.class.path").split(":")) {
        paths.add(Path.of(path).toAbsolutePath().normalize().toString());
      }
      return String.join(":", paths);
    }
  }

  /**
   * @param folder where it runs; must exist
   */
  static Builder in(Path folder) {
    return new Builder(folder);
  }

  static Path stdout(Path folder) {
    return folder.resolveSibling(folder.getFileName() + ".stdout");
  }

  static Path stderr(Path folder) {
    return folder.resolveSibling(folder.getFileName() + ".stderr");
  }

  static ProcessRun end(Process process, Path folder) throws Exception {
    try {
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
          .as("it ends; so far it said: %s", Files.readString(stderr(folder)))
          .isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new ProcessRun(process.exitValue(), text(stdout(folder)), text(stderr(folder)));
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** Fails the test unless it ended with 1 and one sentence that holds the words. */
  ProcessRun failedWith(String... words) {
    assertThat(exitCode).as(stderr).isEqualTo(1);
    assertThat(stdout).isEmpty();
    assertThat(stderr).startsWith("viditq: ").hasLineCount(1).contains(words);
    assertThat(stderr.strip()).endsWith(".");
    assertThat(stderr).doesNotContain("Exception", "Internal error", "is left out");
    return this;
  }
}
