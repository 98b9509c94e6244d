package org.viditq.quantize.plan;

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
 */
public record Balancing(
    List<Range> ranges, double momentum, double zeroStatEps, List<String> layers) {
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
}
