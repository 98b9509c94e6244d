package org.viditq.api;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Precision;

/**
 * How a pipeline is opened. Immutable; every {@code with} gives a new one.
 *
 * <pre>{@code
 * PipelineOptions.DEFAULT.withPlan("w8a8").withBackend("native").withThreads(8)
 * }</pre>
 *
 * @param plan a built-in plan ({@link org.viditq.quantize.plan.BuiltInPlans#names()}) or the path
 *     of a YAML file, by which the transformer is quantized when it is opened
 * @param statistics file of {@code viditq calibrate}, for plans that need it
 * @param quantized file or folder of {@code viditq quantize} to take the transformer from
 * @param backend what computes: {@code auto} for the best one of this machine, or its name
 * @param threads to compute with, at most one per core; empty for one per core. Results do not
 *     depend on it
 * @param precision what full-precision layers multiply
 * @param scheduler one of {@link org.viditq.core.schedule.SchedulerFactory#names()}; empty for the
 *     pipeline's own
 */
public record PipelineOptions(
    Optional<String> plan,
    Optional<Path> statistics,
    Optional<Path> quantized,
    String backend,
    OptionalInt threads,
    Precision precision,
    Optional<String> scheduler) {
  /** As the model is published, on the best backend of this machine. */
  public static final PipelineOptions DEFAULT =
      new PipelineOptions(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          "auto",
          OptionalInt.empty(),
          Precision.FP32,
          Optional.empty());

  /**
   * @throws UsageException if options contradict each other, or there are fewer threads than 1
   */
  public PipelineOptions {
    if (plan.isPresent() && quantized.isPresent()) {
      throw new UsageException(
          "A pipeline is opened with a plan or with a quantized transformer; give one of them.");
    }
    if (statistics.isPresent() && quantized.isPresent()) {
      throw new UsageException(
          "A quantized transformer needs no statistics any more; give them with a plan.");
    }
    if (threads.isPresent() && threads.getAsInt() < 1) {
      throw new UsageException(
          "A pipeline cannot compute with " + threads.getAsInt() + " threads; give at least 1.");
    }
  }

  /** The same, quantized by a plan when it is opened: a built-in name or the path of a file. */
  public PipelineOptions withPlan(String nameOrPath) {
    return new PipelineOptions(
        Optional.of(nameOrPath), statistics, quantized, backend, threads, precision, scheduler);
  }

  /** The same with what calibration has seen, for plans that need it. */
  public PipelineOptions withStatistics(Path file) {
    return new PipelineOptions(
        plan, Optional.of(file), quantized, backend, threads, precision, scheduler);
  }

  /** The same with the transformer that {@code viditq quantize} has written. */
  public PipelineOptions withQuantized(Path fileOrFolder) {
    return new PipelineOptions(
        plan, statistics, Optional.of(fileOrFolder), backend, threads, precision, scheduler);
  }

  /** The same on another backend: {@code auto}, {@code native}, {@code reference}, ... */
  public PipelineOptions withBackend(String name) {
    return new PipelineOptions(plan, statistics, quantized, name, threads, precision, scheduler);
  }

  /** The same with another number of threads. */
  public PipelineOptions withThreads(int count) {
    return new PipelineOptions(
        plan, statistics, quantized, backend, OptionalInt.of(count), precision, scheduler);
  }

  /** The same with full-precision layers in another precision. */
  public PipelineOptions withPrecision(Precision other) {
    return new PipelineOptions(plan, statistics, quantized, backend, threads, other, scheduler);
  }

  /** The same with another scheduler than the pipeline's own. */
  public PipelineOptions withScheduler(String name) {
    return new PipelineOptions(
        plan, statistics, quantized, backend, threads, precision, Optional.of(name));
  }
}
