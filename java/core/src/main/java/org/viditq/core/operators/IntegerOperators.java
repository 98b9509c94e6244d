package org.viditq.core.operators;

import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.tensor.Tensor;

/**
 * The integer half of the quantized linear layer, opened up so that backends can be compared to the
 * bit before the floating-point epilogue.
 */
public interface IntegerOperators {
  /**
   * Turns x [.., C] (for the per-token-index schemes [B, N, C]) into codes.
   *
   * <p>Dynamic schemes take lo = min(min x, 0), hi = max(max x, 0) per group and Δ, z as {@link
   * org.viditq.core.quant.MinMaxGrid} defines. Rounding is half to even, x/Δ a true float32
   * division.
   *
   * @throws org.viditq.core.error.NonFiniteException if x holds NaN or infinity, has a range hi -
   *     lo beyond float32, or a calibrated Δ is not finite and above 0
   */
  QuantizedActivations quantize(Tensor x, ActivationQuantization scheme);

  /**
   * Raw accumulators sum_k a[m,k] * w[n,k] of the codes as stored (zero points not subtracted),
   * [rows of a, rows of w], exact in int32.
   *
   * @throws org.viditq.core.error.ShapeException if the inner extents differ or K exceeds 2^15, the
   *     bound up to which 8-bit codes cannot overflow int32
   */
  int[] accumulate(QuantizedActivations a, QuantizedWeight w);
}
