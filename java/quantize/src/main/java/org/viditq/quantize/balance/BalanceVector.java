package org.viditq.quantize.balance;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * The balancing vector s_c = a_c^α / w_c^(1-α) of a layer, from the activation statistic a and the
 * weight column maxima w (ViDiT-Q; Xiao et al., "SmoothQuant", equation 4). The activation is
 * divided by s, the weight multiplied.
 *
 * <p>Two cases leave the formula:
 *
 * <ul>
 *   <li>A channel that calibration saw only as zero has no statistic; a_c is then {@code
 *       zeroStatEps}, as in the published code.
 *   <li>A weight column of zeros would give s = ∞ (the published code does not guard it). The
 *       channel contributes nothing whatever s is, but x/s still takes part in the row's range, so
 *       it is treated as if its maximum were the smallest one that is not zero: small enough not to
 *       widen any grid.
 * </ul>
 *
 * <p>Every s lies in [1e-20, 1e20], so that x/s and W*s stay finite.
 */
public final class BalanceVector {
  private static final float SMALLEST = 1e-20f;
  private static final float LARGEST = 1e20f;

  private BalanceVector() {}

  /**
   * @param activationMax statistic per input channel, ≥ 0
   * @param weightMax max_o |W[o, c]| per input channel, ≥ 0
   * @param alpha 0 to 1
   * @param zeroStatEps replaces a statistic of exactly 0
   */
  public static float[] of(
      float[] activationMax, float[] weightMax, double alpha, double zeroStatEps) {
    if (activationMax.length != weightMax.length) {
      throw new ShapeException(
          "Balancing needs one statistic per input channel, but there are "
              + activationMax.length
              + " for "
              + weightMax.length
              + " channels.");
    }
    // Exponents and results are float32, as in the published code.
    double activationExponent = (float) alpha;
    double weightExponent = (float) (1 - alpha);
    float smallestColumn = smallestAboveZero(weightMax);
    float[] used = withoutZeros(activationMax, zeroStatEps);
    float[] s = new float[weightMax.length];
    for (int c = 0; c < s.length; c++) {
      float w = weightMax[c] == 0 ? smallestColumn : weightMax[c];
      float numerator = (float) Math.pow(used[c], activationExponent);
      float denominator = (float) Math.pow(w, weightExponent);
      s[c] = Math.min(LARGEST, Math.max(SMALLEST, numerator / denominator));
    }
    return s;
  }

  /** The statistic as the formula takes it: {@code zeroStatEps} in place of exact zeros. */
  public static float[] withoutZeros(float[] activationMax, double zeroStatEps) {
    float[] used = activationMax.clone();
    for (int c = 0; c < used.length; c++) {
      if (used[c] == 0) {
        used[c] = (float) zeroStatEps;
      }
    }
    return used;
  }

  /**
   * x / s, what a balanced layer turns into codes; true float32 divisions.
   *
   * @param x [.., in]
   * @param s [in]
   * @throws ShapeException if there is not one s per channel of x
   */
  public static Tensor divide(Tensor x, float[] s) {
    if (x.shape().rank() == 0 || x.dim(-1) != s.length) {
      throw new ShapeException(
          "A balancing vector of " + s.length + " channels does not fit x " + x.shape() + ".");
    }
    float[] divided = new float[x.size()];
    for (int i = 0; i < divided.length; i++) {
      divided[i] = x.data()[i] / s[i % s.length];
    }
    return Tensor.of(x.shape(), divided);
  }

  private static float smallestAboveZero(float[] values) {
    float smallest = Float.POSITIVE_INFINITY;
    for (float value : values) {
      if (value > 0) {
        smallest = Math.min(smallest, value);
      }
    }
    return smallest == Float.POSITIVE_INFINITY ? 1f : smallest;
  }
}
