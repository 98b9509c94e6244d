package org.viditq.cli.inspect;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.quant.Rotation;
import org.viditq.quantize.checkpoint.WeightError;

/**
 * How a layer is quantized.
 *
 * @param outFeatures rows of the weight
 * @param inFeatures columns of the weight
 * @param ranges what holds in each timestep range, in order of time
 * @param rank of the branch beside the codes; 0 for none
 * @param error {@link WeightError}; empty if the original weights are not at hand
 */
record LayerQuantization(
    int outFeatures, int inFeatures, List<Range> ranges, int rank, OptionalDouble error) {
  /**
   * One timestep range.
   *
   * @param start first timestep
   * @param end behind the last one
   * @param balanced whether inputs are divided by a vector of factors
   * @param rotated how many neighbouring channels of inputs are rotated together; 0 for none
   */
  record Range(
      double start,
      double end,
      int weightBits,
      int activationBits,
      boolean balanced,
      int rotated) {}

  /**
   * @param original where the full-precision weights are, if they are at hand
   */
  static LayerQuantization of(QuantizedLinearParameters layer, Optional<Checkpoint> original) {
    return new LayerQuantization(
        layer.outFeatures(),
        layer.inFeatures(),
        layer.sets().stream().map(LayerQuantization::range).toList(),
        layer.branch().map(LowRankBranch::rank).orElse(0),
        original.isPresent()
            ? OptionalDouble.of(WeightError.of(layer, original.get()))
            : OptionalDouble.empty());
  }

  private static Range range(WeightSet set) {
    return new Range(
        set.range().start(),
        set.range().end(),
        set.weight().grid().format().bits(),
        set.activation().format().bits(),
        set.balance().isPresent(),
        set.rotation().map(Rotation::block).orElse(0));
  }

  LayerQuantization {
    ranges = List.copyOf(ranges);
  }

  long weights() {
    return (long) outFeatures * inFeatures;
  }

  /** The most bits that a weight has. */
  int bits() {
    return ranges.stream().mapToInt(Range::weightBits).max().orElseThrow();
  }

  /** For example INT4, or INT4/8 where timestep ranges differ. */
  String type() {
    return "INT"
        + ranges.stream()
            .map(Range::weightBits)
            .collect(Collectors.toCollection(TreeSet::new))
            .stream()
            .map(String::valueOf)
            .collect(Collectors.joining("/"));
  }

  /** For example "2 timestep ranges, inputs 8 bits, balanced". */
  String describe() {
    String inputs =
        ranges.stream()
            .map(Range::activationBits)
            .collect(Collectors.toCollection(TreeSet::new))
            .stream()
            .map(String::valueOf)
            .collect(Collectors.joining("/"));
    return ranges.size()
        + (ranges.size() == 1 ? " timestep range" : " timestep ranges")
        + ", inputs "
        + inputs
        + " bits"
        + (ranges.stream().anyMatch(Range::balanced) ? ", balanced" : "")
        + (ranges.get(0).rotated() > 0 ? ", rotated in blocks of " + ranges.get(0).rotated() : "")
        + (rank > 0 ? ", beside a branch of rank " + rank : "");
  }
}
