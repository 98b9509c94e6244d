package org.viditq.api;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
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
 * @param memoryBudget bytes of weights that stay in memory between generations, see {@link
 *     Pipeline}; empty for half of what this process may have
 */
public record PipelineOptions(
    Optional<String> plan,
    Optional<Path> statistics,
    Optional<Path> quantized,
    String backend,
    OptionalInt threads,
    Precision precision,
    Optional<String> scheduler,
    OptionalLong memoryBudget) {
  /** As the model is published, on the best backend of this machine. */
  public static final PipelineOptions DEFAULT =
      new PipelineOptions(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          "auto",
          OptionalInt.empty(),
          Precision.FP32,
          Optional.empty(),
          OptionalLong.empty());

  /**
   * @throws UsageException if options contradict each other, there are fewer threads than 1, or the
   *     memory budget is below 0
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
    if (memoryBudget.isPresent() && memoryBudget.getAsLong() < 0) {
      throw new UsageException(
          "The memory budget is " + memoryBudget.getAsLong() + " bytes; give 0 or more.");
    }
  }

  /** The same, quantized by a plan when it is opened: a built-in name or the path of a file. */
  public PipelineOptions withPlan(String nameOrPath) {
    return with(copy -> copy.plan = Optional.of(nameOrPath));
  }

  /** The same with what calibration has seen, for plans that need it. */
  public PipelineOptions withStatistics(Path file) {
    return with(copy -> copy.statistics = Optional.of(file));
  }

  /** The same with the transformer that {@code viditq quantize} has written. */
  public PipelineOptions withQuantized(Path fileOrFolder) {
    return with(copy -> copy.quantized = Optional.of(fileOrFolder));
  }

  /** The same on another backend: {@code auto}, {@code native}, {@code reference}, ... */
  public PipelineOptions withBackend(String name) {
    return with(copy -> copy.backend = name);
  }

  /** The same with another number of threads. */
  public PipelineOptions withThreads(int count) {
    return with(copy -> copy.threads = OptionalInt.of(count));
  }

  /** The same with full-precision layers in another precision. */
  public PipelineOptions withPrecision(Precision other) {
    return with(copy -> copy.precision = other);
  }

  /** The same with another scheduler than the pipeline's own. */
  public PipelineOptions withScheduler(String name) {
    return with(copy -> copy.scheduler = Optional.of(name));
  }

  /**
   * The same with another memory budget, bytes; with 0 only the transformer stays between
   * generations.
   */
  public PipelineOptions withMemoryBudget(long bytes) {
    return with(copy -> copy.memoryBudget = OptionalLong.of(bytes));
  }

  private PipelineOptions with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return new PipelineOptions(
        copy.plan,
        copy.statistics,
        copy.quantized,
        copy.backend,
        copy.threads,
        copy.precision,
        copy.scheduler,
        copy.memoryBudget);
  }

  /** Options before one of them is changed. */
  private static final class Copy {
    private Optional<String> plan;
    private Optional<Path> statistics;
    private Optional<Path> quantized;
    private String backend;
    private OptionalInt threads;
    private Precision precision;
    private Optional<String> scheduler;
    private OptionalLong memoryBudget;

    Copy(PipelineOptions of) {
      this.plan = of.plan;
      this.statistics = of.statistics;
      this.quantized = of.quantized;
      this.backend = of.backend;
      this.threads = of.threads;
      this.precision = of.precision;
      this.scheduler = of.scheduler;
      this.memoryBudget = of.memoryBudget;
    }
  }
}
