package org.viditq.quantize.weight;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.quantize.balance.BalanceVector;
import org.viditq.quantize.balance.ColumnAbsMax;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.Balancing;
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
   * Codes are made from the layer's weight whenever they are asked for, so it must stay readable.
   *
   * @throws InvalidPlanException if the plan balances this layer and there are no statistics
   */
  public QuantizedLinearParameters quantize(DenseLinearParameters layer, LayerPlan layerPlan) {
    WeightQuantizer quantizer = new WeightQuantizer(smallScales);
    Optional<float[]> weightMax = Optional.empty();
    List<Made> made = new ArrayList<>();
    List<WeightSet> sets = new ArrayList<>();
    for (LayerPlan.Part part : layerPlan.parts()) {
      Optional<float[]> balance = Optional.empty();
      if (part.balance().isPresent()) {
        if (weightMax.isEmpty()) {
          weightMax = Optional.of(ColumnAbsMax.of(layer.weight()));
        }
        balance = Optional.of(balance(layer.name(), part.balance().get(), weightMax.get()));
      }
      Made weight = find(made, part.weight(), balance);
      if (weight == null) {
        weight =
            new Made(
                part.weight(),
                balance,
                quantizer.quantizeOnDemand(layer.weight(), balance, part.weight()));
        made.add(weight);
      }
      sets.add(
          new WeightSet(
              part.timesteps(), weight.weight, weight.balance, activation(part.activation())));
    }
    return new QuantizedLinearParameters(layer.name(), sets, layer.bias());
  }

  /** A weight made so far, and what from. */
  private record Made(IntegerFormat format, Optional<float[]> balance, QuantizedWeight weight) {}

  private static Made find(List<Made> made, IntegerFormat format, Optional<float[]> balance) {
    for (Made candidate : made) {
      if (candidate.format.equals(format)
          && Arrays.equals(candidate.balance.orElse(null), balance.orElse(null))) {
        return candidate;
      }
    }
    return null;
  }

  private float[] balance(String layer, Balancing.Range range, float[] weightMax) {
    Balancing balancing = plan.balancing().orElseThrow();
    CalibrationStatistics seen =
        statistics.orElseThrow(
            () ->
                new InvalidPlanException(
                    "Plan "
                        + plan.name()
                        + " balances channels, which needs calibration statistics; calibrate"
                        + " first."));
    return BalanceVector.of(
        seen.channelScale(layer, range.timesteps(), balancing.momentum()),
        weightMax,
        range.alpha(),
        balancing.zeroStatEps());
  }

  private ActivationQuantization activation(IntegerFormat format) {
    return plan.activation().mode() == ActivationMode.DYNAMIC_TOKEN_SHARED
        ? new ActivationQuantization.DynamicTokenShared(format, smallScales)
        : new ActivationQuantization.DynamicToken(format, smallScales);
  }
}
