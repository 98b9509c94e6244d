package org.viditq.bench.serve;

/**
 * What a server's {@code /metrics} says at one moment.
 *
 * @param text in the form that Prometheus reads
 */
record Scrape(String text) {
  /** Sum of the values of a name, 0 where there is none. */
  double sum(String name) {
    return sum(name, "");
  }

  /**
   * Sum of those values of a name that have a label.
   *
   * @param label such as {@code area="heap"}; empty for all
   */
  double sum(String name, String label) {
    return text.lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .filter(line -> line.contains(label))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Bytes outside of the Java heap, 0 where the backend does not count them. */
  long nativeBytes() {
    return (long) sum("viditq_native_memory_bytes");
  }

  long heapBytes() {
    return (long) sum("jvm_memory_used_bytes", "area=\"heap\"");
  }
}
