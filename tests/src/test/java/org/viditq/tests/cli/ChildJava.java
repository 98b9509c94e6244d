package org.viditq.tests.cli;

import java.util.List;

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
}
