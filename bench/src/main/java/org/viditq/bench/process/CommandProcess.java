package org.viditq.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.viditq.cli.Main;
import org.viditq.core.error.BackendException;

/** A command of viditq in a process of its own, whose memory is watched. */
public final class CommandProcess {
  /** As the launcher has them. */
  public static final List<String> JVM_OPTIONS = List.of("-XX:+UseSerialGC", "-Xms16m");

  private static final long KIBI = 1024;
  private static final int MILLIS_BETWEEN_LOOKS = 10;

  /**
   * The most that a process had at a time.
   *
   * @param resident of all kinds of memory, bytes
   * @param anonymous of what is in no file, bytes, as far as it was seen
   */
  public record Peak(long resident, long anonymous) {}

  private CommandProcess() {}

  /**
   * Runs a command to its end.
   *
   * @param log takes what it prints
   * @throws BackendException if it fails, with what it says
   */
  public static Peak run(Path log, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM_OPTIONS);
    command.add("-Dviditq.home=" + System.getProperty("viditq.home", ""));
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    Process process = null;
    try {
      process = builder.start();
      Path status = Path.of("/proc", Long.toString(process.pid()), "status");
      long resident = 0;
      long anonymous = 0;
      do {
        List<String> lines = lines(status);
        resident = Math.max(resident, kibibytes(lines, "VmHWM:"));
        anonymous = Math.max(anonymous, kibibytes(lines, "RssAnon:"));
      } while (!process.waitFor(MILLIS_BETWEEN_LOOKS, TimeUnit.MILLISECONDS));
      if (process.exitValue() != 0) {
        throw new BackendException(
            "viditq " + arguments[0] + " has failed: " + Files.readString(log).strip());
      }
      return new Peak(KIBI * resident, KIBI * anonymous);
    } catch (IOException e) {
      throw new BackendException("Cannot run viditq " + arguments[0] + " in a process.", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackendException("The measurement was interrupted.", e);
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }

  /** None when the process has ended meanwhile. */
  private static List<String> lines(Path status) {
    try {
      return Files.readAllLines(status);
    } catch (IOException ended) {
      return List.of();
    }
  }

  private static long kibibytes(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElse(0);
  }
}
