package org.viditq.quantize.plan;

import org.viditq.core.quant.IntegerFormat;

/**
 * How the inputs of quantized layers become codes.
 *
 * @param mode where the grid comes from
 * @param format bit width and symmetry
 * @param runningStat for static modes: whether the range is averaged over the calibration batches;
 *     otherwise the last batch alone decides, as in the released configurations
 * @param momentum weight of the old range in that average, 0 to below 1
 */
public record ActivationSettings(
    ActivationMode mode, IntegerFormat format, boolean runningStat, double momentum) {
  /** Momentum of the published code. */
  public static final double DEFAULT_MOMENTUM = 0.95;

  public static ActivationSettings of(ActivationMode mode, IntegerFormat format) {
    return new ActivationSettings(mode, format, false, DEFAULT_MOMENTUM);
  }
}
