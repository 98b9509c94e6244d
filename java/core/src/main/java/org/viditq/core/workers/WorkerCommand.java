package org.viditq.core.workers;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How a worker process is started: the Java program with the same arguments as the process that
 * wants the work, told by properties that it is a worker.
 *
 * @param java options behind the program {@code java}
 * @param directory where relative paths of class path and arguments begin
 * @param classPath where the program's classes are
 * @param program main class and arguments
 */
public record WorkerCommand(
    List<String> java, String directory, String classPath, List<String> program)
    implements Serializable {
  private static final long serialVersionUID = 1;

  /** Property of a worker: the folder of partial results. */
  public static final String FOLDER = "viditq.worker.folder";

  /** Property of a worker: which of the lists of units of its command it computes, 1 first. */
  public static final String ROUND = "viditq.worker.round";

  public WorkerCommand {
    // Lists of the JDK that travel to another process.
    java = new ArrayList<>(java);
    program = new ArrayList<>(program);
  }

  /**
   * Starts a worker; it ends when its standard input does.
   *
   * @param folder of partial results
   * @param threads that it computes with
   */
  Process start(Path folder, int threads) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(java);
    // What the process believes to be its cores bounds all its pools.
    command.add("-XX:ActiveProcessorCount=" + threads);
    command.add("-D" + FOLDER + "=" + folder);
    command.addAll(program);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(Path.of(directory).toFile());
    // Not on the command line, which has a limit.
    builder.environment().put("CLASSPATH", classPath);
    return builder.start();
  }
}
