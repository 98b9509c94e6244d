package org.viditq.core.operators;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where the time went: calls and wall time per kind of operator. */
public final class OperatorProfile {
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /**
   * One kind of operator.
   *
   * @param kind the operator; for layers their form and extents, too
   * @param calls how often it was called
   * @param nanos wall time of all calls
   */
  public record Entry(String kind, long calls, long nanos) {}

  void add(String kind, long nanos) {
    entries.merge(
        kind,
        new Entry(kind, 1, nanos),
        (a, b) -> new Entry(kind, a.calls() + b.calls(), a.nanos() + b.nanos()));
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
