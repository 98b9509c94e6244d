package org.viditq.quantize.metric;

import org.viditq.core.tensor.Tensor;

/**
 * How far a tensor is from its reference, accumulated in float64.
 *
 * @param meanSquaredError mean of (r - t)²
 * @param maxAbsolute largest |r - t|
 * @param relativeL2 ||r - t|| / ||r||; 0 for equal tensors, infinite if only the reference is zero
 * @param sqnrDecibel signal to quantization noise ratio 10 log10(Σ r² / Σ (r - t)²); infinite for
 *     equal tensors
 */
public record ErrorStatistics(
    double meanSquaredError, double maxAbsolute, double relativeL2, double sqnrDecibel) {

  /**
   * @throws org.viditq.core.error.ShapeException if the shapes differ or there are no values
   */
  public static ErrorStatistics of(Tensor reference, Tensor test) {
    Pairs.requireSameShape("SQNR", reference, test);
    float[] r = reference.data();
    float[] t = test.data();
    double signal = 0;
    double noise = 0;
    double largest = 0;
    for (int i = 0; i < r.length; i++) {
      double error = (double) r[i] - t[i];
      signal += (double) r[i] * r[i];
      noise += error * error;
      largest = Math.max(largest, Math.abs(error));
    }
    boolean equal = noise == 0;
    return new ErrorStatistics(
        noise / r.length,
        largest,
        equal ? 0 : Math.sqrt(noise / signal),
        equal ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise));
  }
}
