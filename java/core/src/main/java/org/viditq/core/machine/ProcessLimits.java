package org.viditq.core.machine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The limits that {@code ulimit} sets, as Linux tells them; none on other systems. */
public final class ProcessLimits {
  private static final Path FILE = Path.of("/proc/self/limits");

  private final Map<String, Long> soft;

  private ProcessLimits(Map<String, Long> soft) {
    this.soft = soft;
  }

  /** Those of this process, as they are now. */
  public static ProcessLimits current() {
    try {
      return parse(Files.readString(FILE, StandardCharsets.US_ASCII));
    } catch (IOException elsewhere) {
      return new ProcessLimits(Map.of());
    }
  }

  /** From the text of {@code /proc/PID/limits}: name, soft and hard limit in columns. */
  static ProcessLimits parse(String text) {
    Map<String, Long> soft = new HashMap<>();
    for (String line : text.lines().toList()) {
      String[] columns = line.strip().split("\\s{2,}");
      if (columns.length >= 3 && columns[1].matches("[0-9]{1,18}")) {
        soft.put(columns[0], Long.parseLong(columns[1]));
      }
    }
    return new ProcessLimits(soft);
  }

  /** Files open at a time, {@code ulimit -n}; empty if unlimited or unknown. */
  public OptionalLong openFiles() {
    return limit("Max open files");
  }

  /** Bytes of addresses, {@code ulimit -v}; empty if unlimited or unknown. */
  public OptionalLong addressSpace() {
    return limit("Max address space");
  }

  /** Bytes of a file that is written, {@code ulimit -f}; empty if unlimited or unknown. */
  public OptionalLong fileSize() {
    return limit("Max file size");
  }

  /** Processes and threads of this user, {@code ulimit -u}; empty if unlimited or unknown. */
  public OptionalLong threads() {
    return limit("Max processes");
  }

  private OptionalLong limit(String name) {
    Long value = soft.get(name);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /** Whether this process can open no further file now. */
  public static boolean areFilesExhausted() {
    try (InputStream ignored = Files.newInputStream(Path.of("/dev/null"))) {
      return false;
    } catch (IOException refused) {
      return String.valueOf(refused.getMessage()).contains("Too many open files");
    }
  }

  /**
   * What to do about a failure that the system or the virtual machine words like this, for limits
   * of this process; empty for every other failure.
   *
   * @return a clause that names the limit and how it is raised
   */
  public Optional<String> explain(String reason) {
    if (reason == null) {
      return Optional.empty();
    }
    String text = reason.toLowerCase(Locale.ROOT);
    if (text.contains("too many open files")) {
      return Optional.of(
          "too many files are open"
              + openFiles().stream().mapToObj(n -> " for the limit of " + n).findFirst().orElse("")
              + "; raise it with 'ulimit -n 4096'");
    }
    if (text.contains("map failed")
        || text.contains("cannot allocate memory")
        || text.contains("failed to map segment")) {
      return Optional.of(
          "there is no memory left to map it"
              + addressSpace().stream()
                  .mapToObj(n -> " within the limit of " + (n >> 10) + " KiB of addresses")
                  .findFirst()
                  .map(limit -> limit + "; raise it with 'ulimit -v unlimited'")
                  .orElse("; free some, or give the container more"));
    }
    if (text.contains("unable to create native thread")) {
      return Optional.of(
          "no further thread can be started"
              + threads().stream().mapToObj(n -> " (the limit is " + n + ")").findFirst().orElse("")
              + "; raise it with 'ulimit -u', or the container's number of processes");
    }
    if (text.contains("file too large") && fileSize().isPresent()) {
      return Optional.of(
          "the file would be larger than the limit of "
              + fileSize().getAsLong()
              + " bytes; raise it with 'ulimit -f unlimited'");
    }
    return Optional.empty();
  }
}
