package org.viditq.cpp;

import java.util.Optional;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Precision;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.tensor.Tensor;

/** The two full-precision layers of a low-rank branch. */
record NativeBranch(DenseLayer down, DenseLayer up) implements AutoCloseable {
  NativeBranch(String layer, LowRankBranch branch) {
    this(
        prepare(layer + ".low_rank_down", branch.down()),
        prepare(layer + ".low_rank_up", branch.up()));
  }

  private static DenseLayer prepare(String name, Tensor weight) {
    return new DenseLayer(
        new DenseLinearParameters(name, MemoryTensor.of(name, weight), Optional.empty()),
        Precision.FP32);
  }

  /** Idempotent. */
  @Override
  public void close() {
    down.close();
    up.close();
  }
}
