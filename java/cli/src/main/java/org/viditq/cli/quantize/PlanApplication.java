package org.viditq.cli.quantize;

import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Progress;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.PixArtDenoiser;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.DenoiserFactory;
import org.viditq.quantize.calibrate.StaticGridCalibration;
import org.viditq.quantize.checkpoint.QuantizedCheckpoint;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;

/** Quantizes the transformer of a pipeline by a plan, static grids included. */
public final class PlanApplication {
  private final PipelineFolder folder;
  private final Supplier<Operators<?>> backend;
  private final Console console;

  public PlanApplication(PipelineFolder folder, Supplier<Operators<?>> backend, Console console) {
    this.folder = folder;
    this.backend = backend;
    this.console = console;
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
    statistics.ifPresent(seen -> seen.requireModel(Calibration.modelIdentity(folder)));
    if (QuantizedCheckpoint.recognizes(weights)) {
      throw new InvalidModelException(
          "The transformer in "
              + weights.source()
              + " is quantized already; quantize the full-precision one.");
    }
    QuantizedLayers layers = quantizeWeights(plan, weights, statistics);
    return plan.activation().mode().isStatic()
        ? withStaticGrids(plan, layers, weights, statistics.orElseThrow())
        : layers;
  }

  private QuantizedLayers quantizeWeights(
      QuantizationPlan plan, Checkpoint weights, Optional<CalibrationStatistics> statistics) {
    LayerProgress progress = new LayerProgress("Quantizing, " + plan.name());
    try {
      return new Quantizer(plan).quantize(weights, statistics, progress);
    } finally {
      progress.task.close();
    }
  }

  private QuantizedLayers withStaticGrids(
      QuantizationPlan plan,
      QuantizedLayers layers,
      Checkpoint weights,
      CalibrationStatistics statistics) {
    console.note("Calibrating static grids, " + plan.name());
    Map<String, QuantizedLinearParameters> calibrated =
        new StaticGridCalibration(plan, SmallScaleRule.PER_GROUP)
            .run(
                layers.layers(),
                new CheckpointParameters(weights),
                statistics.inputs(),
                backend,
                transformer());
    return new QuantizedLayers(calibrated);
  }

  private DenoiserFactory transformer() {
    PixArtConfig config = PixArtConfig.fromJson(folder.config(Component.TRANSFORMER));
    return new DenoiserFactory() {
      @Override
      public <V> Denoiser create(Parameters parameters, Operators<V> operators) {
        return new PixArtDenoiser<>(config, parameters, operators, operators::close);
      }
    };
  }

  /** Opens the display with the first layer, when the number of layers is known. */
  private final class LayerProgress implements Quantizer.Progress {
    private final String name;
    private Progress task = Progress.NONE;

    LayerProgress(String name) {
      this.name = name;
    }

    @Override
    public void layer(int done, int total, String layer) {
      if (done == 0) {
        task = console.progress(name, total);
      }
      task.step();
    }
  }
}
