package org.viditq.bench.roofline;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Calls, time and work per kind of operator. */
public final class RooflineProfile {
  private final Map<OperatorKind, Entry> entries = new LinkedHashMap<>();

  /**
   * One kind of operator.
   *
   * @param calls how often it was called
   * @param nanos wall time of all calls
   * @param work of all calls
   */
  public record Entry(OperatorKind kind, long calls, long nanos, Work work) {
    private static final Pattern LINE = Pattern.compile("(\\d{1,18} ){6}\\S.*");

    Entry plus(Entry other) {
      return new Entry(kind, calls + other.calls, nanos + other.nanos, work.plus(other.work));
    }

    /** In one line, from which {@link #parse} makes the same entry. */
    public String toLine() {
      return calls
          + " "
          + nanos
          + " "
          + work.int8()
          + " "
          + work.bf16()
          + " "
          + work.fp32()
          + " "
          + work.bytes()
          + " "
          + kind.toLine();
    }

    /**
     * @throws IllegalArgumentException if {@link #toLine} gave no such line
     */
    public static Entry parse(String line) {
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        throw new IllegalArgumentException("Not an entry: " + line);
      }
      String[] parts = line.split(" ", 7);
      return new Entry(
          OperatorKind.parse(parts[6]),
          Long.parseLong(parts[0]),
          Long.parseLong(parts[1]),
          new Work(
              Long.parseLong(parts[2]),
              Long.parseLong(parts[3]),
              Long.parseLong(parts[4]),
              Long.parseLong(parts[5])));
    }
  }

  void add(OperatorKind kind, long nanos, Work work) {
    entries.merge(kind, new Entry(kind, 1, nanos, work), Entry::plus);
  }

  /** All kinds, the one that took most of the time first. */
  public List<Entry> entries() {
    return entries.values().stream()
        .sorted(Comparator.comparingLong(Entry::nanos).reversed())
        .toList();
  }

  /** Forgets everything. */
  public void clear() {
    entries.clear();
  }
}
