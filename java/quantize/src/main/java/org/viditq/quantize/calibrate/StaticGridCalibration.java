package org.viditq.quantize.calibrate;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.QuantizedParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.quantize.plan.QuantizationPlan;

/** The second calibration run that plans with static activation grids need. */
public final class StaticGridCalibration {
  private final QuantizationPlan plan;
  private final SmallScaleRule smallScales;

  public StaticGridCalibration(QuantizationPlan plan, SmallScaleRule smallScales) {
    this.plan = plan;
    this.smallScales = smallScales;
  }

  /**
   * Runs the calibration batches through the quantized model. Without running statistics only the
   * last batch has an effect, so only that one is run. Where ranges are searched, all batches are
   * run once, with the dynamic grids that the layers have.
   *
   * @param layers quantized weights, by qualified name
   * @param base all other parameters
   * @param inputs the calibration batches in order
   * @param backend opens operators that compute at once; a fresh set per batch, so that layers
   *     prepared for one batch do not pile up
   * @return the layers with static grids
   * @throws InvalidPlanException if there are no calibration batches
   */
  public Map<String, QuantizedLinearParameters> run(
      Map<String, QuantizedLinearParameters> layers,
      Parameters base,
      List<DenoiserInput> inputs,
      Supplier<? extends Operators<?>> backend,
      DenoiserModel model) {
    if (inputs.isEmpty()) {
      throw new InvalidPlanException(
          "Plan "
              + plan.name()
              + " has static activation grids, which need calibration inputs; calibrate first.");
    }
    if (plan.activation().searchesRange()) {
      return search(layers, base, inputs, backend.get(), model);
    }
    List<DenoiserInput> effective =
        plan.activation().runningStat() ? inputs : inputs.subList(inputs.size() - 1, inputs.size());
    Map<String, RunningRange> ranges = new HashMap<>();
    Map<String, QuantizedLinearParameters> calibrated = Map.of();
    for (DenoiserInput input : effective) {
      calibrated = runBatch(layers, base, input, backend.get(), model, ranges);
    }
    return calibrated;
  }

  private static <V> Map<String, QuantizedLinearParameters> search(
      Map<String, QuantizedLinearParameters> layers,
      Parameters base,
      List<DenoiserInput> inputs,
      Operators<V> backend,
      DenoiserModel model) {
    RangeSearchOperators<V> operators = new RangeSearchOperators<>(backend);
    try (Denoiser denoiser =
        new ModelDenoiser<>(
            model, new QuantizedParameters(base, layers), operators, operators::close)) {
      inputs.forEach(denoiser::predict);
    }
    Map<String, QuantizedLinearParameters> calibrated = new LinkedHashMap<>();
    layers.forEach((name, layer) -> calibrated.put(name, operators.withGrids(layer)));
    return calibrated;
  }

  private <V> Map<String, QuantizedLinearParameters> runBatch(
      Map<String, QuantizedLinearParameters> layers,
      Parameters base,
      DenoiserInput input,
      Operators<V> backend,
      DenoiserModel model,
      Map<String, RunningRange> ranges) {
    StaticGridOperators<V> operators =
        new StaticGridOperators<>(backend, plan.activation(), smallScales, ranges);
    try (Denoiser denoiser =
        new ModelDenoiser<>(
            model, new QuantizedParameters(base, layers), operators, operators::close)) {
      denoiser.predict(input);
    }
    Map<String, QuantizedLinearParameters> calibrated = new LinkedHashMap<>();
    layers.forEach((name, layer) -> calibrated.put(name, operators.withGrids(layer)));
    return calibrated;
  }
}
