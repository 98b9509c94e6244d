package org.viditq.quantize.apply;

import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.StaticGridCalibration;
import org.viditq.quantize.checkpoint.QuantizedCheckpoint;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;

/** Quantizes the transformer of a pipeline by a plan, static grids included. */
public final class PlanApplication {
  private final PipelineFolder folder;
  private final Supplier<? extends Operators<?>> backend;
  private final QuantizationListener listener;

  /**
   * @param backend opens operators for the calibration of static grids
   */
  public PlanApplication(
      PipelineFolder folder,
      Supplier<? extends Operators<?>> backend,
      QuantizationListener listener) {
    this.folder = folder;
    this.backend = backend;
    this.listener = listener;
  }

  /**
   * @param weights of the transformer in full precision, which must stay open while the layers are
   *     used: their codes are made from it when they are asked for
   * @param statistics of this transformer, where the plan needs them
   * @throws InvalidModelException if it is quantized already
   * @throws org.viditq.core.error.InvalidPlanException if the plan does not fit the model or lacks
   *     statistics
   * @throws org.viditq.core.error.InvalidCheckpointException if the statistics are of another model
   */
  public QuantizedLayers apply(
      QuantizationPlan plan, Checkpoint weights, Optional<CalibrationStatistics> statistics) {
    statistics.ifPresent(seen -> seen.requireModel(PipelineCalibration.modelIdentity(folder)));
    if (QuantizedCheckpoint.recognizes(weights)) {
      throw new InvalidModelException(
          "The transformer in "
              + weights.source()
              + " is quantized already; quantize the full-precision one.");
    }
    DenoiserModel model = DiffusionPipeline.readModel(folder);
    QuantizedLayers layers =
        plan.scheme().blockwise() && statistics.isPresent()
            ? new BlockwiseQuantization(plan, model, weights, statistics.get(), backend)
                .run(listener)
            : new Quantizer(plan)
                .quantize(
                    model,
                    weights,
                    statistics,
                    (done, total, layer) -> listener.quantizing(plan.name(), done, total));
    listener.quantizing(plan.name(), layers.layers().size(), layers.layers().size());
    return plan.activation().mode().isStatic()
        ? withStaticGrids(plan, model, layers, weights, statistics.orElseThrow())
        : layers;
  }

  private QuantizedLayers withStaticGrids(
      QuantizationPlan plan,
      DenoiserModel model,
      QuantizedLayers layers,
      Checkpoint weights,
      CalibrationStatistics statistics) {
    listener.calibratingStaticGrids(plan.name());
    Map<String, QuantizedLinearParameters> calibrated =
        new StaticGridCalibration(plan, SmallScaleRule.PER_GROUP)
            .run(
                layers.layers(),
                new CheckpointParameters(weights),
                statistics.inputs(),
                backend,
                model);
    return new QuantizedLayers(calibrated, layers.attention());
  }
}
