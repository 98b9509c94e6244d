package org.viditq.quantize.weight;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.quant.TimestepRange;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.LayerPlan;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * Turns one linear layer into its quantized form as a plan says. Static activation modes get the
 * dynamic grid of their kind until calibrated ones are put in.
 */
public final class LayerQuantizer {
  private final QuantizationPlan plan;
  private final Optional<CalibrationStatistics> statistics;
  private final SmallScaleRule smallScales;

  /**
   * @param statistics needed if the plan balances channels
   * @param smallScales {@link SmallScaleRule#ALL_GROUPS_AS_PUBLISHED} only for comparison with the
   *     published code
   */
  public LayerQuantizer(
      QuantizationPlan plan,
      Optional<CalibrationStatistics> statistics,
      SmallScaleRule smallScales) {
    this.plan = plan;
    this.statistics = statistics;
    this.smallScales = smallScales;
  }

  /**
   * Parts that come out with the same codes (same width, same balancing vector) share one weight.
   * Codes that are rounded to nearest are made from the layer's weight whenever they are asked for,
   * so it must stay readable.
   *
   * @throws InvalidPlanException if the plan balances this layer or searches, and there are no
   *     statistics for it
   */
  public QuantizedLinearParameters quantize(DenseLinearParameters layer, LayerPlan layerPlan) {
    Optional<LowRankBranch> branch = LowRankFit.of(plan, statistics, layer);
    DenseLinearParameters rest =
        branch
            .map(
                b ->
                    new DenseLinearParameters(
                        layer.name(), new ResidualWeight(layer.weight(), b), layer.bias()))
            .orElse(layer);
    LayerBalance balancing = new LayerBalance(plan, statistics, rest);
    LayerWeights weights = new LayerWeights(plan, statistics, smallScales, rest);
    List<WeightSet> sets = new ArrayList<>();
    for (LayerPlan.Part part : layerPlan.parts()) {
      Optional<float[]> balance = balancing.of(part);
      QuantizedWeight weight = weights.of(part, balance);
      Optional<Rotation> rotation = LayerWeights.rotation(plan, part, layer);
      sets.add(
          new WeightSet(
              part.timesteps(),
              weight,
              weights.shared(balance),
              rotation,
              activation(part.activation()),
              part.balance()
                  .filter(b -> plan.balancing().orElseThrow().sharesWeights())
                  .map(
                      b ->
                          MeanCorrection.of(
                              rest.weight(),
                              weight,
                              balance,
                              rotation,
                              mean(layer.name(), b.timesteps())))));
    }
    return new QuantizedLinearParameters(layer.name(), sets, layer.bias(), branch);
  }

  private float[] mean(String layer, TimestepRange range) {
    return statistics.orElseThrow().requireSecondMoments(plan.name()).mean(layer, range);
  }

  private ActivationQuantization activation(IntegerFormat format) {
    return plan.activation().mode() == ActivationMode.DYNAMIC_TOKEN_SHARED
        ? new ActivationQuantization.DynamicTokenShared(format, smallScales)
        : new ActivationQuantization.DynamicToken(format, smallScales);
  }
}
