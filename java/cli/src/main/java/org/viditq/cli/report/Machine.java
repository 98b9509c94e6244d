package org.viditq.cli.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The machine, in words. */
public final class Machine {
  private Machine() {}

  /** Model name and number of cores. */
  public static String processor() {
    return model() + ", " + Runtime.getRuntime().availableProcessors() + " cores";
  }

  /** Operating system and Java. */
  public static String system() {
    return System.getProperty("os.name")
        + " "
        + System.getProperty("os.version")
        + " "
        + System.getProperty("os.arch")
        + ", Java "
        + System.getProperty("java.version")
        + " with "
        + (Runtime.getRuntime().maxMemory() >> 20)
        + " MiB heap";
  }

  /** Numbers of the processors that this process may run on, as Linux lists them: 0-3,5. */
  public static Optional<String> allowedProcessors() {
    return entry("/proc/self/status", "Cpus_allowed_list");
  }

  /** Its name, without how many cores there are. */
  public static String model() {
    return entry("/proc/cpuinfo", "model name").orElse(System.getProperty("os.arch"));
  }

  /** Empty where the system has no such file. */
  private static Optional<String> entry(String file, String key) {
    try {
      return Files.readAllLines(Path.of(file)).stream()
          .filter(line -> line.startsWith(key))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException notLinux) {
      return Optional.empty();
    }
  }
}
