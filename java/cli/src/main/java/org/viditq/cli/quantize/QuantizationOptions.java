package org.viditq.cli.quantize;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.cli.console.Console;
import org.viditq.cli.option.ModelOptions;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Precision;
import org.viditq.core.pipeline.WeightForm;
import org.viditq.quantize.apply.ChosenParameters;
import org.viditq.quantize.apply.TransformerChoice;
import org.viditq.quantize.plan.QuantizationPlan;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a command's transformer is quantized, if at all. */
public final class QuantizationOptions {
  @Option(
      names = "--plan",
      paramLabel = "P",
      description =
          "Quantize on the fly by this plan: a built-in name (w8a8, w6a6, w4a8, ...) or a YAML"
              + " file.")
  private String plan;

  @Mixin private PlanOptions planOptions;
  private QuantizationPlan read;

  @Mixin private StatisticsOption statistics;

  @Option(
      names = "--quantized",
      paramLabel = "FILE|DIR",
      description = "Take the transformer that 'viditq quantize' has written.")
  private Path quantized;

  /**
   * @throws UsageException if the options contradict each other or those of the model
   */
  public void check(ModelOptions model) {
    if (plan != null && quantized != null) {
      throw new UsageException("Give --plan or --quantized, not both.");
    }
    if (quantized != null && model.hasTransformer()) {
      throw new UsageException("Give --transformer or --quantized, not both.");
    }
    if (quantized != null && model.hasAdapters()) {
      throw new UsageException(
          "--lora cannot be merged into what --quantized holds, as adapters change weights before"
              + " they are rounded; give --lora to 'viditq quantize', or use --plan here.");
    }
    if (planOptions.given() && plan == null) {
      throw new UsageException(
          "--weight-bits and --activation-bits go with --plan; give a plan or leave them out.");
    }
    if (statistics.given() && plan == null) {
      throw new UsageException("--stats goes with --plan; give a plan or leave it out.");
    }
  }

  /** Whether any was asked for. */
  public boolean isGiven() {
    return plan != null || quantized != null;
  }

  /**
   * Fingerprint of the plan: of the one that was given, or as the quantized checkpoint says it.
   *
   * @param folder as {@link #configure} gave it
   */
  public Optional<String> planIdentity(PipelineFolder folder) {
    return withoutStatistics().planIdentity(folder);
  }

  /** They are read for the work only. */
  private TransformerChoice withoutStatistics() {
    return plan == null ? withoutPlan() : TransformerChoice.byPlan(readPlan(), Optional.empty());
  }

  /**
   * The pipeline with the quantized transformer's own configuration, where it has one.
   *
   * @throws org.viditq.core.error.InvalidModelException if that was made from another transformer
   *     than the pipeline's, or has other layers than its configuration says
   */
  public PipelineFolder configure(PipelineFolder folder) {
    return plan == null ? withoutPlan().configure(folder) : folder;
  }

  private TransformerChoice withoutPlan() {
    return quantized == null ? TransformerChoice.OF_PIPELINE : TransformerChoice.stored(quantized);
  }

  /** What weights will take, as far as the options tell. */
  public WeightForm weightForm(Precision precision) {
    return withoutStatistics().weightForm(precision);
  }

  /** Once: it may have warnings. */
  private QuantizationPlan readPlan() {
    if (read == null) {
      read = planOptions.read(plan);
    }
    return read;
  }

  /**
   * Quantizes, or opens what was quantized before. A transformer folder that holds a quantized
   * checkpoint is taken as such without being asked.
   *
   * @param folder as {@link #configure} gave it
   */
  public ChosenParameters choose(
      PipelineFolder folder, Supplier<Operators<?>> backend, Console console) {
    TransformerChoice choice =
        plan == null ? withoutPlan() : TransformerChoice.byPlan(readPlan(), statistics.read());
    try (QuantizationProgress progress = new QuantizationProgress(console)) {
      return choice.open(folder, backend, progress);
    }
  }
}
