package org.viditq.quantize.weight;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.ejml.data.DMatrixRMaj;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.quant.TimestepRange;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.SecondMoments;
import org.viditq.quantize.plan.Balancing;
import org.viditq.quantize.plan.LayerPlan;
import org.viditq.quantize.plan.QuantizationPlan;

/** The weights of one layer as codes; each is made once. */
final class LayerWeights {
  private final QuantizationPlan plan;
  private final Optional<CalibrationStatistics> statistics;
  private final WeightQuantizer quantizer;
  private final DenseLinearParameters layer;
  private final List<Made> made = new ArrayList<>();

  /** A weight made so far, and what from. */
  private record Made(
      IntegerFormat format,
      Optional<float[]> balance,
      TimestepRange range,
      QuantizedWeight weight) {}

  LayerWeights(
      QuantizationPlan plan,
      Optional<CalibrationStatistics> statistics,
      SmallScaleRule smallScales,
      DenseLinearParameters layer) {
    this.plan = plan;
    this.statistics = statistics;
    this.quantizer = new WeightQuantizer(smallScales);
    this.layer = layer;
  }

  /**
   * @param balance s, multiplied to the weight first
   */
  QuantizedWeight of(LayerPlan.Part part, Optional<float[]> balance) {
    // Codes that do not depend on the inputs' moments do not depend on their range.
    TimestepRange range =
        plan.scheme().grid().needsSecondMoments() && !sharesWeights()
            ? part.balance().map(b -> b.timesteps()).orElse(TimestepRange.ALL)
            : TimestepRange.ALL;
    for (Made known : made) {
      if (known.format.equals(part.weight())
          && known.range.equals(range)
          && same(known.balance, balance)) {
        return known.weight;
      }
    }
    QuantizedWeight weight = make(part.weight(), balance, rotation(plan, part, layer), range);
    made.add(new Made(part.weight(), balance, range, weight));
    return weight;
  }

  private boolean sharesWeights() {
    return plan.balancing().filter(Balancing::sharesWeights).isPresent();
  }

  /** The vector that equal ones were made with first, so that they are stored once. */
  Optional<float[]> shared(Optional<float[]> balance) {
    return made.stream()
        .map(Made::balance)
        .filter(known -> same(known, balance))
        .findFirst()
        .orElse(balance);
  }

  private static boolean same(Optional<float[]> a, Optional<float[]> b) {
    return Arrays.equals(a.orElse(null), b.orElse(null));
  }

  /** The plan's rotation as it fits a layer. */
  static Optional<Rotation> rotation(
      QuantizationPlan plan, LayerPlan.Part part, DenseLinearParameters layer) {
    return plan.scheme()
        .rotation()
        .filter(r -> part.rotated())
        .flatMap(r -> r.forChannels(layer.inFeatures()));
  }

  private QuantizedWeight make(
      IntegerFormat format,
      Optional<float[]> balance,
      Optional<Rotation> rotation,
      TimestepRange range) {
    switch (plan.scheme().grid()) {
      case MINMAX:
        return quantizer.quantizeOnDemand(layer.weight(), balance, rotation, format);
      case MSE_SEARCH:
        return quantizer.searchOnDemand(
            layer.weight(),
            balance,
            rotation,
            format,
            row -> ShrunkGrids.search(format, row, (double[]) null));
      case OUTPUT_SEARCH:
        ChannelMoments input =
            ChannelMoments.of(secondMoments(), layer.name(), range, balance, rotation);
        return quantizer.searchOnDemand(
            layer.weight(),
            balance,
            rotation,
            format,
            row -> ShrunkGrids.search(format, row, input));
      default:
        return quantizer.compensate(
            layer.weight(),
            balance,
            rotation,
            format,
            CompensatedRounding.of(moments(balance, rotation, range), plan.scheme().damping()));
    }
  }

  private SecondMoments secondMoments() {
    return statistics
        .orElseThrow(
            () ->
                new InvalidPlanException(
                    "Plan "
                        + plan.name()
                        + " rounds weights by second moments of the inputs, which needs"
                        + " calibration statistics; calibrate first."))
        .requireSecondMoments(plan.name());
  }

  /** Of the input as it is multiplied. */
  private DMatrixRMaj moments(
      Optional<float[]> balance, Optional<Rotation> rotation, TimestepRange range) {
    DMatrixRMaj moments = secondMoments().of(layer.name(), range);
    balance.ifPresent(s -> InputMoments.divide(moments, s));
    rotation.ifPresent(r -> InputMoments.rotate(moments, r));
    return moments;
  }
}
