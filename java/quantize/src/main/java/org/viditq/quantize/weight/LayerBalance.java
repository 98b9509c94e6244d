package org.viditq.quantize.weight;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.balance.BalanceVector;
import org.viditq.quantize.balance.BalancedRows;
import org.viditq.quantize.balance.ColumnAbsMax;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.SecondMoments;
import org.viditq.quantize.plan.Balancing;
import org.viditq.quantize.plan.LayerPlan;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.plan.WeightGrid;

/** The balancing vectors of one layer, by the plan's α or by {@link AlphaSearch}. */
final class LayerBalance {
  private final QuantizationPlan plan;
  private final Optional<CalibrationStatistics> statistics;
  private final DenseLinearParameters layer;
  private final Map<Key, float[]> found = new HashMap<>();
  private float[] weightMax;

  /** What a balancing vector depends on. */
  private record Key(Balancing.Range range, IntegerFormat weight, IntegerFormat activation) {}

  LayerBalance(
      QuantizationPlan plan,
      Optional<CalibrationStatistics> statistics,
      DenseLinearParameters layer) {
    this.plan = plan;
    this.statistics = statistics;
    this.layer = layer;
  }

  /** The vector of a part; empty if it is not balanced. */
  Optional<float[]> of(LayerPlan.Part part) {
    if (part.balance().isEmpty()) {
      return Optional.empty();
    }
    Balancing.Range range =
        balancing().sharesWeights()
            ? new Balancing.Range(TimestepRange.ALL, part.balance().get().alpha())
            : part.balance().get();
    // A given α does not depend on the formats.
    Key key =
        searches() ? new Key(range, part.weight(), part.activation()) : new Key(range, null, null);
    float[] known = found.get(key);
    if (known == null) {
      double alpha = searches() ? search(part, range.timesteps()) : range.alpha();
      known = vector(range.timesteps(), alpha);
      found.put(key, known);
    }
    return Optional.of(known);
  }

  private Balancing balancing() {
    return plan.balancing().orElseThrow();
  }

  private boolean searches() {
    return balancing().searchesAlpha();
  }

  private float[] vector(TimestepRange range, double alpha) {
    if (weightMax == null) {
      weightMax = ColumnAbsMax.of(layer.weight());
    }
    return BalanceVector.of(statistic(range), weightMax, alpha, balancing().zeroStatEps());
  }

  /** Of ranges that share weights the geometric mean, so that s is that of their own vectors. */
  private float[] statistic(TimestepRange range) {
    double momentum = balancing().momentum();
    if (!balancing().sharesWeights()) {
      return seen().channelScale(layer.name(), range, momentum);
    }
    List<Balancing.Range> ranges = balancing().ranges();
    double[] logarithms = new double[layer.inFeatures()];
    for (Balancing.Range own : ranges) {
      float[] statistic =
          BalanceVector.withoutZeros(
              seen().channelScale(layer.name(), own.timesteps(), momentum),
              balancing().zeroStatEps());
      for (int c = 0; c < logarithms.length; c++) {
        logarithms[c] += Math.log(statistic[c]) / ranges.size();
      }
    }
    float[] mean = new float[logarithms.length];
    for (int c = 0; c < mean.length; c++) {
      mean[c] = (float) Math.exp(logarithms[c]);
    }
    return mean;
  }

  private CalibrationStatistics seen() {
    return statistics.orElseThrow(
        () ->
            new InvalidPlanException(
                "Plan "
                    + plan.name()
                    + " balances channels, which needs calibration statistics; calibrate"
                    + " first."));
  }

  private double search(LayerPlan.Part part, TimestepRange range) {
    SecondMoments moments = seen().requireSecondMoments(plan.name());
    Tensor rows = moments.rows(layer.name(), range);
    Optional<Rotation> rotation = LayerWeights.rotation(plan, part, layer);
    return new AlphaSearch(
            rows,
            someChannels(),
            part.activation(),
            rotation,
            rounding(part.weight(), rotation.isPresent(), moments, range))
        .best(alpha -> vector(range, alpha));
  }

  private float[][] someChannels() {
    BalancedRows all = new BalancedRows(layer.weight(), Optional.empty());
    List<float[]> rows = new ArrayList<>();
    for (int channel : AlphaSearch.channels(all.count())) {
      rows.add(all.read(channel).clone());
    }
    return rows.toArray(new float[0][]);
  }

  private AlphaSearch.Rounding rounding(
      IntegerFormat format, boolean rotated, SecondMoments moments, TimestepRange range) {
    // Behind a rotation every α would need a decomposition of its own.
    if (plan.scheme().grid() == WeightGrid.GPTQ && !rotated) {
      CompensatedRounding plain =
          CompensatedRounding.of(moments.of(layer.name(), range), plan.scheme().damping());
      return s -> weights -> plain.roundRoughly(format, weights, s);
    }
    boolean searched = plan.scheme().grid() != WeightGrid.MINMAX;
    // Behind a rotation, moments of every α would have to be rotated.
    Optional<ChannelMoments> input =
        plan.scheme().grid() == WeightGrid.OUTPUT_SEARCH && !rotated
            ? Optional.of(
                ChannelMoments.of(moments, layer.name(), range, Optional.empty(), Optional.empty()))
            : Optional.empty();
    return s -> {
      Optional<ChannelMoments> divided = input.map(own -> own.divided(s));
      return channels -> {
        for (float[] weights : channels) {
          AffineGrid grid =
              divided.isPresent()
                  ? ShrunkGrids.search(format, weights, divided.get())
                  : searched
                      ? ShrunkGrids.search(format, weights, (double[]) null)
                      : range(format, weights);
          for (int c = 0; c < weights.length; c++) {
            weights[c] = grid.decode(0, grid.encode(0, weights[c]));
          }
        }
      };
    };
  }

  private static AffineGrid range(IntegerFormat format, float[] weights) {
    float lo = 0;
    float hi = 0;
    for (float weight : weights) {
      lo = Math.min(lo, weight);
      hi = Math.max(hi, weight);
    }
    return MinMaxGrid.of(format, new float[] {lo}, new float[] {hi});
  }
}
