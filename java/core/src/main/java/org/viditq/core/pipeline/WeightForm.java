package org.viditq.core.pipeline;

import org.viditq.core.operators.Precision;

/**
 * What weights take once they are loaded, whatever they are stored as.
 *
 * @param fullPrecision bytes of a weight in full precision
 * @param denoiser bytes of a weight of the denoiser's matrices
 * @param quantized whether these are codes
 */
public record WeightForm(double fullPrecision, double denoiser, boolean quantized) {
  private static final int CODES_OF_A_BYTE = 4;

  /** All in full precision. */
  public static WeightForm of(Precision precision) {
    double bytes = bytes(precision);
    return new WeightForm(bytes, bytes, false);
  }

  /**
   * A denoiser whose matrices become codes: a byte each, or half of one.
   *
   * @param bits of a code
   * @param sets of codes, one per range of timesteps
   */
  public static WeightForm quantized(Precision precision, int bits, int sets) {
    return new WeightForm(bytes(precision), (bits > CODES_OF_A_BYTE ? 1 : 0.5) * sets, true);
  }

  private static double bytes(Precision precision) {
    return precision == Precision.BF16 ? Short.BYTES : Float.BYTES;
  }
}
