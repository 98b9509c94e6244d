package org.viditq.bench.roofline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.viditq.bench.report.BenchReport;
import org.viditq.bench.roofline.RooflineProfile.Entry;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;

/**
 * Where the time of one variant's evaluations went, and how near it is to what the machine can do:
 * means per evaluation. The limit of a kind of operator is the time that its arithmetic takes at
 * the peaks, or that its operands take to and from memory, whichever is longer; the fraction is
 * that of the time it took. A fraction above 1 says that operands came from caches.
 */
public final class RooflineTable {
  private final String variant;
  private final String title;
  private final int evaluations;
  private final List<Entry> operators;
  private final MachineLimits limits;
  private final double totalNanos;

  /**
   * @param size that the variant was evaluated on, for the title
   * @param operators of all evaluations
   */
  public RooflineTable(
      String variant, String size, int evaluations, List<Entry> operators, MachineLimits limits) {
    this.variant = variant;
    this.title = variant + ", " + size;
    this.evaluations = evaluations;
    this.operators = List.copyOf(operators);
    this.limits = limits;
    this.totalNanos = operators.stream().mapToLong(Entry::nanos).sum();
  }

  public List<String> lines() {
    TextTable table =
        new TextTable(
            title,
            ">calls",
            ">ms",
            ">share",
            ">op",
            ">bytes",
            ">limit, ms",
            "by",
            ">of limit",
            "with");
    for (Entry one : operators) {
      Work work = work(one);
      table.row(
          one.kind().operator(),
          Long.toString(one.calls() / evaluations),
          millis(nanos(one)),
          String.format(Locale.ROOT, "%.1f %%", 100 * one.nanos() / totalNanos),
          Quantities.count(operations(work)),
          Quantities.bytes(work.bytes()),
          millis(limits.nanos(work)),
          bound(work).orElse(""),
          bound(work).isEmpty() ? "" : fraction(limits.nanos(work) / nanos(one)),
          String.join(", ", one.kind().with()));
    }
    table.row(
        "all",
        "",
        millis(totalNanos / evaluations),
        "",
        Quantities.count(operators.stream().mapToLong(one -> operations(work(one))).sum()),
        "",
        millis(limitNanos()),
        "",
        fraction(limitNanos() * evaluations / totalNanos),
        "");
    return table.lines();
  }

  /** Adds the variant's name, the sums and {@code operators}. */
  public void putInto(ObjectNode node) {
    node.put("name", variant);
    node.put("millis", BenchReport.rounded(totalNanos * 1e-6 / evaluations));
    node.put("limitMillis", BenchReport.rounded(limitNanos() * 1e-6));
    node.put("fractionOfLimit", BenchReport.rounded(limitNanos() * evaluations / totalNanos));
    ArrayNode rows = node.putArray("operators");
    for (Entry one : operators) {
      Work work = work(one);
      ObjectNode row = rows.addObject();
      row.put("operator", one.kind().operator());
      one.kind().with().forEach(row.withArray("/with")::add);
      row.put("calls", one.calls() / evaluations);
      row.put("millis", BenchReport.rounded(nanos(one) * 1e-6));
      row.put("share", BenchReport.rounded(one.nanos() / totalNanos));
      row.put("int8Operations", work.int8());
      row.put("bf16Operations", work.bf16());
      row.put("fp32Operations", work.fp32());
      row.put("bytes", work.bytes());
      row.put("limitMillis", BenchReport.rounded(limits.nanos(work) * 1e-6));
      bound(work)
          .ifPresent(
              bound -> {
                row.put("boundBy", bound);
                row.put("fractionOfLimit", BenchReport.rounded(limits.nanos(work) / nanos(one)));
              });
    }
  }

  /** The sum of all limits of an evaluation. */
  private double limitNanos() {
    return operators.stream().mapToDouble(one -> limits.nanos(work(one))).sum();
  }

  private Work work(Entry one) {
    return one.work().dividedBy(evaluations);
  }

  private double nanos(Entry one) {
    return (double) one.nanos() / evaluations;
  }

  private static long operations(Work work) {
    return work.int8() + work.bf16() + work.fp32();
  }

  /** What the limit comes from; empty where there is nothing to do. */
  private Optional<String> bound(Work work) {
    if (limits.nanos(work) == 0) {
      return Optional.empty();
    }
    return Optional.of(
        limits.arithmeticNanos(work) >= limits.memoryNanos(work) ? "arithmetic" : "memory");
  }

  private static String millis(double nanos) {
    return String.format(Locale.ROOT, "%.1f", nanos * 1e-6);
  }

  private static String fraction(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
