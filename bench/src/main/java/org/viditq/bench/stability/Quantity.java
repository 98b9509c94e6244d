package org.viditq.bench.stability;

import java.util.List;
import java.util.function.ToLongFunction;
import org.viditq.bench.report.Median;
import org.viditq.cli.console.Quantities;

/**
 * Something that must not grow while a process works on, and by how much it may seem to.
 *
 * <p>Growth is the median of the last quarter of the samples less that of the second: the first is
 * left out, while the JVM compiles and its heap finds its size. The tolerances are what these still
 * move afterwards; counted things have none.
 */
enum Quantity {
  RESIDENT("Resident memory", "residentBytes", ProcessState::residentBytes, 0.03, true),
  NATIVE("Native memory, counted", "nativeBytes", ProcessState::nativeBytes, 0, true),
  HEAP("Java heap after collection", "heapBytes", ProcessState::heapBytes, 0.03, true),
  THREADS("Threads", "threads", ProcessState::threads, 0, false),
  OPEN_FILES("Open files", "openFiles", ProcessState::openFiles, 0, false);

  private final String title;
  private final String key;
  private final ToLongFunction<ProcessState> value;
  private final double tolerance;
  private final boolean bytes;

  Quantity(
      String title,
      String key,
      ToLongFunction<ProcessState> value,
      double tolerance,
      boolean bytes) {
    this.title = title;
    this.key = key;
    this.value = value;
    this.tolerance = tolerance;
    this.bytes = bytes;
  }

  String title() {
    return title;
  }

  /** In JSON. */
  String key() {
    return key;
  }

  long[] of(List<ProcessState> samples) {
    return samples.stream().mapToLong(value).toArray();
  }

  String text(long amount) {
    return bytes ? Quantities.bytes(amount) : Long.toString(amount);
  }

  /**
   * @param samples in order, at least 4
   */
  double growth(List<ProcessState> samples) {
    int quarter = samples.size() / 4;
    return Median.of(of(samples.subList(samples.size() - quarter, samples.size())))
        - level(samples);
  }

  /** Median of the second quarter. */
  double level(List<ProcessState> samples) {
    int quarter = samples.size() / 4;
    return Median.of(of(samples.subList(quarter, 2 * quarter)));
  }

  /** Whether it is not more at the end than it was. */
  boolean isFlat(List<ProcessState> samples) {
    return growth(samples) <= tolerance * level(samples);
  }
}
