package org.viditq.bench.roofline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import org.viditq.bench.report.BenchReport;

/**
 * What a machine can do at most, as {@link LimitMeasurement} finds it.
 *
 * @param int8 operations per nanosecond of all threads, likewise {@code bf16} and {@code fp32}
 * @param bytes per nanosecond to and from memory
 */
public record MachineLimits(double int8, double bf16, double fp32, double bytes) {

  /** Nanoseconds that the arithmetic of some work takes at least. */
  double arithmeticNanos(Work work) {
    return work.int8() / int8 + work.bf16() / bf16 + work.fp32() / fp32;
  }

  /** Nanoseconds that moving its operands takes at least. */
  double memoryNanos(Work work) {
    return work.bytes() / bytes;
  }

  /** Nanoseconds that it takes at least: arithmetic and memory go on at a time. */
  double nanos(Work work) {
    return Math.max(arithmeticNanos(work), memoryNanos(work));
  }

  /** Adds {@code limits}. */
  public void putInto(ObjectNode node) {
    ObjectNode limits = node.putObject("limits");
    limits.put("int8Gops", BenchReport.rounded(int8));
    limits.put("bf16Gops", BenchReport.rounded(bf16));
    limits.put("fp32Gops", BenchReport.rounded(fp32));
    limits.put("gigabytesPerSecond", BenchReport.rounded(bytes));
  }

  /** In one line, for people. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "Limits: %.0f Gop/s of int8, %.0f of bf16, %.0f of fp32; %.1f GB/s",
        int8,
        bf16,
        fp32,
        bytes);
  }
}
