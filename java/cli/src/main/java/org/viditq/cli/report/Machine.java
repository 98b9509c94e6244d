package org.viditq.cli.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

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

  private static String model() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException notLinux) {
      return System.getProperty("os.arch");
    }
  }
}
