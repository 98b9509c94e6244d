package org.viditq.tests.parity;

import org.viditq.core.quant.IntegerFormat;

/**
 * One group of a quantizer by the formulas of the fixtures' README, section 2: written anew here,
 * so that a slip in the product is not repeated.
 *
 * @param delta step
 * @param zeroPoint z
 * @param codes one per value
 */
record PlainQuantizer(float delta, int zeroPoint, int[] codes) {

  static PlainQuantizer of(IntegerFormat format, float... values) {
    float lo = 0;
    float hi = 0;
    for (float value : values) {
      lo = value < lo ? value : lo;
      hi = value > hi ? value : hi;
    }
    int levels = 1 << format.bits();
    float delta =
        format.symmetric() ? (-lo > hi ? -lo : hi) / (levels / 2 - 1) : (hi - lo) / (levels - 1);
    if (delta < 1e-6f) {
      delta = 1e-6f;
    }
    int zeroPoint = format.symmetric() ? 0 : (int) Math.rint(-lo / delta);
    int smallest = format.symmetric() ? -levels / 2 : 0;
    int[] codes = new int[values.length];
    for (int i = 0; i < codes.length; i++) {
      long code = (long) Math.rint(values[i] / delta) + zeroPoint;
      codes[i] = (int) Math.max(smallest, Math.min(smallest + levels - 1, code));
    }
    return new PlainQuantizer(delta, zeroPoint, codes);
  }

  double value(int index) {
    return (codes[index] - zeroPoint) * (double) delta;
  }
}
