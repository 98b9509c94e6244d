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
 * @param searchesRange for {@link ActivationMode#STATIC_TENSOR}: whether the range is the one with
 *     the smallest squared error over all calibration batches, instead of what they span
 */
public record ActivationSettings(
    ActivationMode mode,
    IntegerFormat format,
    boolean runningStat,
    double momentum,
    boolean searchesRange) {
  /** Momentum of the published code. */
  public static final double DEFAULT_MOMENTUM = 0.95;

  /** With the range that calibration batches span. */
  public ActivationSettings(
      ActivationMode mode, IntegerFormat format, boolean runningStat, double momentum) {
    this(mode, format, runningStat, momentum, false);
  }

  public static ActivationSettings of(ActivationMode mode, IntegerFormat format) {
    return new ActivationSettings(mode, format, false, DEFAULT_MOMENTUM);
  }
}
