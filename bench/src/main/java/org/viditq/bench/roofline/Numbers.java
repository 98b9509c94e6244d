package org.viditq.bench.roofline;

import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Precision;
import org.viditq.core.operators.QuantizedLinearParameters;

/** What products multiply; their peaks differ. */
enum Numbers {
  /** Codes of 8 bits; those of fewer bits are unpacked to them. */
  INT8,
  BF16,
  FP32;

  /**
   * Of a linear layer.
   *
   * @param dense of layers that are not quantized
   */
  static Numbers of(LinearParameters layer, Precision dense) {
    if (layer instanceof QuantizedLinearParameters) {
      return INT8;
    }
    return dense == Precision.FP32 ? FP32 : BF16;
  }

  static Numbers of(AttentionPrecision precision) {
    return valueOf(precision.name());
  }
}
