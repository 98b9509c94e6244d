package org.viditq.core.quant;

/**
 * Scale and zero point from the range of each group, as ViDiT-Q's quantizers compute them in
 * float32 (qdiff {@code BaseQuantizer}, scale method min_max).
 *
 * <p>With lo = min(min x, 0) and hi = max(max x, 0), so that zero is always representable:
 *
 * <ul>
 *   <li>asymmetric: Δ = (hi - lo) / (2^b - 1), z = round-half-even(-lo / Δ)
 *   <li>symmetric: Δ = max(|lo|, |hi|) / (2^(b-1) - 1), z = 0
 * </ul>
 */
public final class MinMaxGrid {
  /** Smallest Δ that is kept. */
  public static final float MIN_SCALE = 1e-6f;

  private MinMaxGrid() {}

  /** The deployed form: a group too narrow for a scale changes only itself. */
  public static AffineGrid of(IntegerFormat format, float[] lo, float[] hi) {
    return of(format, lo, hi, SmallScaleRule.PER_GROUP);
  }

  /**
   * One grid group per entry of {@code lo} and {@code hi}; both are first clipped through zero.
   *
   * @param lo smallest value per group, finite
   * @param hi largest value per group, finite
   */
  public static AffineGrid of(IntegerFormat format, float[] lo, float[] hi, SmallScaleRule rule) {
    float[] scale = new float[lo.length];
    float smallest = Float.POSITIVE_INFINITY;
    for (int g = 0; g < lo.length; g++) {
      float l = Math.min(lo[g], 0f);
      float h = Math.max(hi[g], 0f);
      float range = format.symmetric() ? Math.max(-l, h) : h - l;
      scale[g] = range / format.steps();
      smallest = Math.min(smallest, scale[g]);
    }
    boolean all = rule == SmallScaleRule.ALL_GROUPS_AS_PUBLISHED && smallest < MIN_SCALE;
    int[] zeroPoint = new int[lo.length];
    for (int g = 0; g < lo.length; g++) {
      if (all || scale[g] < MIN_SCALE) {
        scale[g] = MIN_SCALE;
      }
      if (!format.symmetric()) {
        zeroPoint[g] = (int) Math.rint(-Math.min(lo[g], 0f) / scale[g]);
      }
    }
    return new AffineGrid(format, scale, zeroPoint);
  }
}
