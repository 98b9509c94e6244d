package org.viditq.core.pipeline.cache;

import org.viditq.core.tensor.Tensor;

/** Is told what step caching is about, in evaluations that compute everything. */
@FunctionalInterface
public interface StepObserver {
  /**
   * @param picture index in the batch
   * @param input what the first block's self attention sees
   * @param residual what all blocks together add to their tokens
   */
  void blocks(int picture, Tensor input, Tensor residual);
}
