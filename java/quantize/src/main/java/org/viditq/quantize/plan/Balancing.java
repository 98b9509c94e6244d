package org.viditq.quantize.plan;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.quant.TimestepRange;

/**
 * Channel balancing: per timestep range, s_c = max|X_c|^α / max|W_c|^(1-α) divides the activation
 * and multiplies the weight (ViDiT-Q, section "Static-dynamic channel balancing"; Xiao et al.,
 * "SmoothQuant", equation 4).
 *
 * @param ranges tile the schedule in order of time
 * @param momentum weight of the old statistic when the next calibration batch arrives
 * @param zeroStatEps replaces a statistic that is exactly zero
 * @param layers parts of the names of the layers to balance; empty for all quantized layers
 * @param searchesAlpha whether α is found per layer and range, by the error of the layer's output
 *     on calibrated inputs; that of the ranges then means nothing
 * @param sharesWeights whether all ranges have the same vector and with it the same codes, and
 *     ranges differ in what is added to the bias only
 * @param findsRanges whether the ranges stand for as many others, which the calibration statistics
 *     say; see {@code FoundRanges}
 */
public record Balancing(
    List<Range> ranges,
    double momentum,
    double zeroStatEps,
    List<String> layers,
    boolean searchesAlpha,
    boolean sharesWeights,
    boolean findsRanges) {
  /** Statistic of a channel that calibration never saw different from zero. */
  public static final double DEFAULT_ZERO_STAT_EPS = 1e-5;

  /**
   * One timestep range.
   *
   * @param alpha 0 leaves the difficulty in the activation, 1 moves all of it to the weight
   */
  public record Range(TimestepRange timesteps, double alpha) {}

  public Balancing {
    ranges = List.copyOf(ranges);
    layers = List.copyOf(layers);
  }

  /** With the α of the ranges. */
  public Balancing(List<Range> ranges, double momentum, double zeroStatEps, List<String> layers) {
    this(ranges, momentum, zeroStatEps, layers, false, false, false);
  }

  /**
   * The same with ranges that were found.
   *
   * @param found as many as {@link #ranges()}, tiling the schedule
   */
  public Balancing with(List<TimestepRange> found) {
    if (found.size() != ranges.size()) {
      throw new IllegalArgumentException(
          found.size() + " ranges for a plan with " + ranges.size() + ".");
    }
    List<Range> own = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      own.add(new Range(found.get(i), ranges.get(i).alpha()));
    }
    return new Balancing(own, momentum, zeroStatEps, layers, searchesAlpha, sharesWeights, false);
  }
}
