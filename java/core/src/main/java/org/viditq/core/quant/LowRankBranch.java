package org.viditq.core.quant;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * A full-precision branch beside a quantized weight: y gets (x Dᵀ) Uᵀ more, x the layer's input as
 * it comes, float32 (Li et al., "SVDQuant", ICLR 2025).
 *
 * @param down D [rank, in]
 * @param up U [out, rank]
 */
public record LowRankBranch(Tensor down, Tensor up) {
  public LowRankBranch {
    if (down.shape().rank() != 2 || up.shape().rank() != 2 || down.dim(0) != up.dim(1)) {
      throw new ShapeException(
          "A low-rank branch needs [rank, in] and [out, rank], but got "
              + down.shape()
              + " and "
              + up.shape()
              + ".");
    }
  }

  public int rank() {
    return down.dim(0);
  }
}
