package org.viditq.core.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How much memory this process can have.
 *
 * @param limit bytes at most
 * @param available bytes now, what can be reclaimed at once included; at most {@code limit}
 * @param reason what sets the limit: "this machine", or a clause that names another limit
 */
public record MachineMemory(long limit, long available, String reason) {

  /** Of this machine, the control groups (containers) that this process is in, and ulimit -v. */
  public static Optional<MachineMemory> current() {
    return read(Path.of("/"));
  }

  /**
   * @param root where {@code proc} and {@code sys} lie
   * @return empty where the system does not tell
   */
  static Optional<MachineMemory> read(Path root) {
    Map<String, Long> machine = kibibytes(root.resolve("proc/meminfo"));
    Long total = machine.get("MemTotal");
    Long available = machine.get("MemAvailable");
    if (total == null || available == null) {
      return Optional.empty();
    }
    long swap = machine.getOrDefault("SwapTotal", 0L);
    long freeSwap = machine.getOrDefault("SwapFree", 0L);
    MachineMemory memory =
        new MachineMemory(total + swap, available + freeSwap, "this machine has");
    memory = memory.within(group(root), "the container allows");
    return Optional.of(memory.within(addresses(root), "'ulimit -v' allows"));
  }

  /** The smaller of both limits, and of both amounts that are available. */
  private MachineMemory within(Optional<long[]> other, String otherReason) {
    if (other.isEmpty()) {
      return this;
    }
    long[] values = other.get();
    long least = Math.min(limit, values[0]);
    return new MachineMemory(
        least,
        Math.min(least, Math.min(available, Math.max(0, values[1]))),
        values[0] < limit ? otherReason : reason);
  }

  /** Limit and rest of the tightest control group, of either version. */
  private static Optional<long[]> group(Path root) {
    Optional<long[]> tightest = Optional.empty();
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] parts = line.split(":", 3);
      if (parts.length < 3) {
        continue;
      }
      boolean unified = parts[1].isEmpty();
      if (!unified && !parts[1].equals("memory")) {
        continue;
      }
      Path mount = root.resolve(unified ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
      // In a container the group's own path may not be visible: then the mount is the group.
      Path path = mount.resolve(parts[2].replaceFirst("^/+", "")).normalize();
      for (; path.startsWith(mount); path = path.getParent()) {
        Optional<long[]> here = group(path, unified);
        if (here.isPresent() && (tightest.isEmpty() || here.get()[0] < tightest.get()[0])) {
          tightest = here;
        }
      }
    }
    return tightest;
  }

  private static Optional<long[]> group(Path path, boolean unified) {
    OptionalLong limit = number(path.resolve(unified ? "memory.max" : "memory.limit_in_bytes"));
    OptionalLong used = number(path.resolve(unified ? "memory.current" : "memory.usage_in_bytes"));
    if (limit.isEmpty() || used.isEmpty()) {
      return Optional.empty();
    }
    long cached = 0; // of files, given back when memory is short
    for (String line : lines(path.resolve("memory.stat"))) {
      if (line.startsWith(unified ? "inactive_file " : "total_inactive_file ")) {
        cached = parse(line.substring(line.indexOf(' ') + 1)).orElse(0);
      }
    }
    long bytes = limit.getAsLong();
    return Optional.of(new long[] {bytes, bytes - used.getAsLong() + cached});
  }

  /** Limit and rest of the addresses of this process. */
  private static Optional<long[]> addresses(Path root) {
    OptionalLong limit =
        ProcessLimits.parse(String.join("\n", lines(root.resolve("proc/self/limits"))))
            .addressSpace();
    Long used = kibibytes(root.resolve("proc/self/status")).get("VmSize");
    return limit.isEmpty() || used == null
        ? Optional.empty()
        : Optional.of(new long[] {limit.getAsLong(), limit.getAsLong() - used});
  }

  /** Lines such as {@code MemTotal: 24612 kB}, in bytes. */
  private static Map<String, Long> kibibytes(Path file) {
    Map<String, Long> values = new HashMap<>();
    for (String line : lines(file)) {
      String[] words = line.split("\\s+");
      if (words.length == 3 && words[2].equals("kB")) {
        parse(words[1]).ifPresent(n -> values.put(words[0].replace(":", ""), n << 10));
      }
    }
    return values;
  }

  private static OptionalLong number(Path file) {
    return lines(file).stream().findFirst().map(MachineMemory::parse).orElse(OptionalLong.empty());
  }

  /** Empty for words such as {@code max}, and for numbers beyond every memory. */
  private static OptionalLong parse(String text) {
    return text.strip().matches("[0-9]{1,18}")
        ? OptionalLong.of(Long.parseLong(text.strip()))
        : OptionalLong.empty();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException notThere) {
      return List.of();
    }
  }
}
