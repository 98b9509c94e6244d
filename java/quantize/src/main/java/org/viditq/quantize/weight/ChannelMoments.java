package org.viditq.quantize.weight;

import java.util.Optional;
import org.ejml.data.DMatrixRMaj;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.TimestepRange;
import org.viditq.quantize.calibrate.SecondMoments;

/**
 * Mean and variance of each channel of a layer's input. Errors e of an output channel's weights
 * change the output by Σ e_c x_c; with channels that are independent but for their means the mean
 * square of that is Σ variance_c e_c² + (Σ mean_c e_c)².
 *
 * @param mean [in]
 * @param variance [in], at least 0
 */
record ChannelMoments(double[] mean, double[] variance) {
  /**
   * Of the input as it is multiplied: x / s, rotated.
   *
   * @throws org.viditq.core.error.InvalidPlanException if the range is none that was calibrated
   */
  static ChannelMoments of(
      SecondMoments moments,
      String layer,
      TimestepRange range,
      Optional<float[]> balance,
      Optional<Rotation> rotation) {
    DMatrixRMaj second = moments.of(layer, range);
    double count = moments.count(layer, range);
    float[] mean = moments.mean(layer, range);
    balance.ifPresent(
        s -> {
          InputMoments.divide(second, s);
          for (int c = 0; c < s.length; c++) {
            mean[c] /= s[c];
          }
        });
    rotation.ifPresent(r -> InputMoments.rotate(second, r));
    float[] multiplied = rotation.map(r -> r.rotate(mean, mean.length)).orElse(mean);
    double[] means = new double[multiplied.length];
    double[] variance = new double[means.length];
    for (int c = 0; c < means.length; c++) {
      means[c] = multiplied[c];
      variance[c] = Math.max(0, second.get(c, c) / count - means[c] * means[c]);
    }
    return new ChannelMoments(means, variance);
  }

  /** Of x / s. */
  ChannelMoments divided(float[] s) {
    double[] means = new double[s.length];
    double[] variances = new double[s.length];
    for (int c = 0; c < s.length; c++) {
      means[c] = mean[c] / s[c];
      variances[c] = variance[c] / ((double) s[c] * s[c]);
    }
    return new ChannelMoments(means, variances);
  }
}
