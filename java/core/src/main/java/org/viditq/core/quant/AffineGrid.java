package org.viditq.core.quant;

import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;

/**
 * Scale and zero point per group: value = (code - zeroPoint) * scale.
 *
 * @param format code range
 * @param scale Δ per group, finite and &gt; 0
 * @param zeroPoint z per group, within the code range; all 0 when symmetric
 */
public record AffineGrid(IntegerFormat format, float[] scale, int[] zeroPoint) {
  public AffineGrid {
    if (scale.length != zeroPoint.length) {
      throw new IllegalArgumentException(
          "A grid has " + scale.length + " scales but " + zeroPoint.length + " zero points.");
    }
  }

  public int groups() {
    return scale.length;
  }

  /**
   * @param what begins the message, for example "The activation scale of layer proj_out"
   * @throws NonFiniteException if values cannot be divided by a scale: it is not finite, or not
   *     above 0
   */
  public void requireUsable(String what) {
    for (float s : scale) {
      if (!(s > 0) || Float.isInfinite(s)) {
        throw new NonFiniteException(what + " is " + s + "; scales must be finite and above 0.");
      }
    }
  }

  /** round-half-even(x/Δ) + z clamped to the code range; x/Δ is a true float32 division. */
  public int encode(int group, float x) {
    // Clamped as a double first: x/Δ may exceed the int range when Δ was replaced by 1e-6.
    double steps = Math.rint(x / scale[group]) + zeroPoint[group];
    return (int) Math.max(format.minCode(), Math.min(format.maxCode(), steps));
  }

  /** (code - z) * Δ in float32. */
  public float decode(int group, int code) {
    return (code - zeroPoint[group]) * scale[group];
  }

  /**
   * All values of a matrix of codes; what quantized layers mean, not how they compute.
   *
   * @param codes [groups, n]
   * @return (code - z) * Δ, likewise
   */
  public float[] decodeRows(int[] codes) {
    int columns = groups() == 0 ? 0 : codes.length / groups();
    if (codes.length != groups() * columns) {
      throw new ShapeException(
          codes.length + " codes are no whole rows of a grid with " + groups() + " groups.");
    }
    float[] values = new float[codes.length];
    for (int i = 0; i < codes.length; i++) {
      values[i] = decode(i / columns, codes[i]);
    }
    return values;
  }
}
