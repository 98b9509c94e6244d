package org.viditq.reference;

import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.tensor.Tensor;

/** What a low-rank branch adds to a layer's result: (x Dᵀ) Uᵀ, float64. */
final class BranchProduct {
  private final LowRankBranch branch;
  private final double[] between;

  private BranchProduct(LowRankBranch branch, double[] between) {
    this.branch = branch;
    this.between = between;
  }

  /**
   * @param x [.., in]
   */
  static BranchProduct of(Tensor x, LowRankBranch branch) {
    int rank = branch.rank();
    int in = branch.down().dim(1);
    float[] down = branch.down().data();
    double[] between = new double[x.shape().rows() * rank];
    for (int i = 0; i < between.length; i++) {
      int row = i / rank;
      int r = i % rank;
      double sum = 0;
      for (int c = 0; c < in; c++) {
        sum += (double) x.data()[row * in + c] * down[r * in + c];
      }
      between[i] = sum;
    }
    return new BranchProduct(branch, between);
  }

  /** Adds a row to {@code product}, from {@code at} on. */
  void addTo(double[] product, int at, int row) {
    int rank = branch.rank();
    float[] up = branch.up().data();
    int out = branch.up().dim(0);
    for (int n = 0; n < out; n++) {
      double sum = 0;
      for (int r = 0; r < rank; r++) {
        sum += between[row * rank + r] * up[n * rank + r];
      }
      product[at + n] += sum;
    }
  }
}
