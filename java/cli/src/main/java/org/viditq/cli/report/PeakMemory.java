package org.viditq.cli.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** The most memory that this process had resident since it was last asked to begin anew. */
public final class PeakMemory {
  private static final Path RESET = Path.of("/proc/self/clear_refs");
  private static final Path STATUS = Path.of("/proc/self/status");

  /** What proc(5) says to write for the peak resident set size to be reset. */
  private static final String PEAK = "5";

  private boolean began;

  /** Begins anew; what is resident at this moment counts. */
  public void begin() {
    try {
      Files.writeString(RESET, PEAK);
      began = true;
    } catch (IOException | SecurityException notLinux) {
      began = false;
    }
  }

  /** Bytes; empty where the system does not tell. */
  public OptionalLong bytes() {
    if (!began) {
      return OptionalLong.empty();
    }
    try (Stream<String> lines = Files.lines(STATUS)) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst();
    } catch (IOException notLinux) {
      return OptionalLong.empty();
    }
  }
}
