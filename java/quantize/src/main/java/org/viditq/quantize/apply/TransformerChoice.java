package org.viditq.quantize.apply;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.model.CheckpointLayout;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Precision;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.WeightForm;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.checkpoint.QuantizedCheckpoint;
import org.viditq.quantize.plan.PlanIdentity;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * Which form of a pipeline's transformer is used: as the pipeline has it, quantized on the fly by a
 * plan, or as {@code viditq quantize} has written it.
 */
public final class TransformerChoice {
  private static final Logger LOG = LoggerFactory.getLogger(TransformerChoice.class);

  /** The pipeline's own: in full precision, or quantized where its folder holds that. */
  public static final TransformerChoice OF_PIPELINE =
      new TransformerChoice(Optional.empty(), Optional.empty(), Optional.empty());

  private final Optional<QuantizationPlan> plan;
  private final Optional<CalibrationStatistics> statistics;
  private final Optional<Path> quantized;

  private TransformerChoice(
      Optional<QuantizationPlan> plan,
      Optional<CalibrationStatistics> statistics,
      Optional<Path> quantized) {
    this.plan = plan;
    this.statistics = statistics;
    this.quantized = quantized;
  }

  /**
   * Quantized when it is opened.
   *
   * @param statistics of this transformer, where the plan needs them
   */
  public static TransformerChoice byPlan(
      QuantizationPlan plan, Optional<CalibrationStatistics> statistics) {
    return new TransformerChoice(Optional.of(plan), statistics, Optional.empty());
  }

  /**
   * Quantized before.
   *
   * @param quantized file or folder that {@code viditq quantize} has written
   */
  public static TransformerChoice stored(Path quantized) {
    return new TransformerChoice(Optional.empty(), Optional.empty(), Optional.of(quantized));
  }

  /**
   * The pipeline with the quantized transformer's own configuration, where it has one.
   *
   * @throws org.viditq.core.error.InvalidModelException if that was made from another transformer
   *     than the pipeline's, or has other layers than its configuration says
   */
  public PipelineFolder configure(PipelineFolder folder) {
    PipelineFolder configured =
        quantized.isPresent() && Files.isDirectory(quantized.get())
            ? folder.withTransformer(quantized.get())
            : folder;
    if (quantized.isPresent()) {
      Path stored = weights(configured, quantized.get());
      requireOrigin(folder, stored);
      requireLayout(configured, Checkpoints.open(stored));
    } else if (plan.isEmpty() && folder.has(Component.TRANSFORMER)) {
      requireLayout(folder, folder.checkpoint(Component.TRANSFORMER));
    }
    return configured;
  }

  /** Where the weights of a quantized file or folder are. */
  private static Path weights(PipelineFolder configured, Path quantized) {
    return Files.isDirectory(quantized) ? configured.folder(Component.TRANSFORMER) : quantized;
  }

  /** Before prompts are encoded in vain; full-precision weights are checked with the model. */
  private static void requireLayout(PipelineFolder folder, Checkpoint stored) {
    try (stored) {
      if (QuantizedCheckpoint.recognizes(stored)) {
        CheckpointLayout.require(
            DiffusionPipeline.readModel(folder),
            folder.config(Component.TRANSFORMER),
            QuantizedCheckpoint.read(stored).parameters(),
            stored.source());
      }
    }
  }

  private static void requireOrigin(PipelineFolder folder, Path stored) {
    try (Checkpoint made = Checkpoints.open(stored)) {
      if (!folder.has(Component.TRANSFORMER) || !QuantizedCheckpoint.recognizes(made)) {
        return;
      }
      try (Checkpoint original = folder.checkpoint(Component.TRANSFORMER)) {
        if (!QuantizedCheckpoint.recognizes(original)) {
          QuantizedCheckpoint.origin(made).requireModel(original, stored.toString());
        }
      } catch (InvalidCheckpointException gone) {
        // The original weights are not needed, and may have been deleted to save space.
        LOG.debug("The pipeline has no full-precision transformer: {}", gone.getMessage());
      }
    }
  }

  /**
   * Fingerprint of the plan: of the one that was given, or as the quantized checkpoint says it.
   *
   * @param folder as {@link #configure} gave it
   */
  public Optional<String> planIdentity(PipelineFolder folder) {
    if (plan.isPresent()) {
      return plan.map(PlanIdentity::of);
    }
    try (Checkpoint made =
        quantized
            .map(path -> Checkpoints.open(weights(folder, path)))
            .orElseGet(() -> folder.checkpoint(Component.TRANSFORMER))) {
      return QuantizedCheckpoint.recognizes(made)
          ? QuantizedCheckpoint.origin(made).plan()
          : Optional.empty();
    }
  }

  /** What weights will take, as far as the choice tells. */
  public WeightForm weightForm(Precision precision) {
    if (plan.isEmpty()) {
      // Codes that are stored are as large as they will be.
      return quantized.isEmpty()
          ? WeightForm.of(precision)
          : WeightForm.quantized(precision, Byte.SIZE, 1);
    }
    return WeightForm.quantized(
        precision,
        plan.get().weight().bits(),
        plan.get().balancing().map(balancing -> balancing.ranges().size()).orElse(1));
  }

  /**
   * Quantizes, or opens what was quantized before. A transformer folder that holds a quantized
   * checkpoint is taken as such without being asked.
   *
   * @param folder as {@link #configure} gave it
   * @param backend opens operators for the calibration of static grids
   */
  public ChosenParameters open(
      PipelineFolder folder,
      Supplier<? extends Operators<?>> backend,
      QuantizationListener listener) {
    if (quantized.isPresent()) {
      return ChosenParameters.stored(weights(folder, quantized.get()));
    }
    if (plan.isPresent()) {
      PlanApplication application = new PlanApplication(folder, backend, listener);
      return ChosenParameters.quantized(
          plan.get().name(),
          folder.checkpoint(Component.TRANSFORMER),
          weights -> application.apply(plan.get(), weights, statistics));
    }
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      if (!QuantizedCheckpoint.recognizes(weights)) {
        return ChosenParameters.fullPrecision();
      }
    }
    return ChosenParameters.stored(folder.folder(Component.TRANSFORMER));
  }
}
