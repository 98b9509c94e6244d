package org.viditq.tests.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.viditq.cli.Main;

/**
 * The virtual machine of commands that run in a process of their own. They end within seconds, in
 * which the second compiler costs more than it gains, and a collector with threads of its own does.
 */
final class ChildJava {
  private ChildJava() {}

  /** The program, and options that the class path and the main class follow. */
  static List<String> command() {
    return List.of(
        ProcessHandle.current().info().command().orElse("java"),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1");
  }

  /** Starts {@code viditq} with these arguments; its messages go to {@code errors}. */
  static Process viditq(Path errors, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(command());
    command.addAll(
        List.of(
            "-Dviditq.home=..",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(errors.toFile())
        .start();
  }
}
