package org.viditq.quantize.weight;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.FoundRanges;
import org.viditq.quantize.plan.Balancing;
import org.viditq.quantize.plan.LayerPlan;
import org.viditq.quantize.plan.PlanResolver;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * Quantizes the linear layers of a model by a plan. For static activation modes follow with {@link
 * org.viditq.quantize.calibrate.StaticGridCalibration}.
 */
public final class Quantizer {
  private static final Logger LOG = LoggerFactory.getLogger(Quantizer.class);

  private final QuantizationPlan plan;
  private final SmallScaleRule smallScales;
  private final Consumer<String> warnings;

  /** The deployed form; warnings go to the log. */
  public Quantizer(QuantizationPlan plan) {
    this(plan, SmallScaleRule.PER_GROUP, LOG::warn);
  }

  /**
   * @param smallScales {@link SmallScaleRule#ALL_GROUPS_AS_PUBLISHED} only for comparison with the
   *     published code
   * @param warnings receives one sentence per pattern of the plan that matches no layer
   */
  public Quantizer(QuantizationPlan plan, SmallScaleRule smallScales, Consumer<String> warnings) {
    this.plan = plan;
    this.smallScales = smallScales;
    this.warnings = warnings;
  }

  /** Told before each layer. */
  @FunctionalInterface
  public interface Progress {
    /** Says nothing. */
    Progress NONE = (done, total, layer) -> {};

    void layer(int done, int total, String layer);
  }

  /**
   * Reads the weights row by row, and makes codes only when they are asked for: neither the float
   * weights nor the codes lie on the heap together.
   *
   * @param model whose linear layers the plan is about
   * @param weights of the model, in full precision; stays open while the layers are used
   * @param statistics of a calibration of this model; needed if {@link
   *     QuantizationPlan#needsCalibration()}
   * @return the layers that the plan quantizes, in the model's order
   * @throws InvalidPlanException if the plan does not fit the model or needs statistics that are
   *     not there
   */
  public QuantizedLayers quantize(
      DenoiserModel model,
      Checkpoint weights,
      Optional<CalibrationStatistics> statistics,
      Progress progress) {
    return quantize(model, weights, statistics, name -> true, progress);
  }

  /**
   * As {@link #quantize(DenoiserModel, Checkpoint, Optional, Progress)}, some layers only.
   *
   * @param wanted whether to quantize a layer that the plan quantizes
   */
  public QuantizedLayers quantize(
      DenoiserModel model,
      Checkpoint weights,
      Optional<CalibrationStatistics> statistics,
      Predicate<String> wanted,
      Progress progress) {
    if (plan.needsCalibration() && statistics.isEmpty()) {
      throw new InvalidPlanException(
          "Plan "
              + plan.name()
              + reason()
              + ", which needs calibration statistics of the model; make them with 'viditq"
              + " calibrate' and give the file with --stats.");
    }
    if (plan.needsSecondMoments()) {
      statistics.get().requireSecondMoments(plan.name());
    }
    QuantizationPlan found = withFoundRanges(model, statistics);
    Map<String, LayerPlan> layerPlans = new PlanResolver(found).resolve(model, warnings);
    layerPlans.keySet().removeIf(wanted.negate());
    LayerQuantizer quantizer = new LayerQuantizer(found, statistics, smallScales);
    Map<String, QuantizedLinearParameters> layers = new LinkedHashMap<>();
    for (Map.Entry<String, LayerPlan> layer : layerPlans.entrySet()) {
      progress.layer(layers.size(), layerPlans.size(), layer.getKey());
      layers.put(
          layer.getKey(),
          quantizer.quantize(LinearLayers.get(weights, layer.getKey()), layer.getValue()));
    }
    return new QuantizedLayers(layers, plan.attention());
  }

  private QuantizationPlan withFoundRanges(
      DenoiserModel model, Optional<CalibrationStatistics> statistics) {
    return plan.balancing()
        .filter(Balancing::findsRanges)
        .map(
            b ->
                plan.withBalancing(
                    b.with(FoundRanges.of(statistics.orElseThrow(), model, b.ranges().size()))))
        .orElse(plan);
  }

  private String reason() {
    if (plan.balancing().isPresent()) {
      return " balances channels";
    }
    return plan.activation().mode().isStatic()
        ? " has static grids"
        : " rounds weights by second moments of the inputs";
  }
}
