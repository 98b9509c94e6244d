package org.viditq.core.pipeline;

import org.viditq.core.model.DenoiserInput;
import org.viditq.core.tensor.Tensor;

/**
 * A denoiser as three networks, on a backend that runs each as a whole, for one sampling with step
 * caching. With h the tokens in front of the blocks and B(h) those behind them:
 *
 * <ul>
 *   <li>the probe makes what the first block's self attention sees, and compares it with what it
 *       saw in the step before,
 *   <li>the full network makes the prediction, and keeps r = B(h) - h,
 *   <li>the tail makes the prediction from h + r, with the r that was kept last.
 * </ul>
 *
 * What is kept is kept for each picture, where the backend's values lie, until this is closed.
 */
public interface StepNetworks extends AutoCloseable {
  /**
   * Makes ready what evaluations of such extents need.
   *
   * @param like input of one picture
   * @param progress told how far it is, where that takes long
   */
  void prepare(DenoiserInput like, ProgressListener progress);

  /**
   * Begins a picture's next evaluation.
   *
   * @param picture index, from 0
   * @param input of this picture alone: with guidance both halves
   * @return the relative L1 change of the blocks' input since the picture's evaluation before; any
   *     number at its first
   */
  double probe(int picture, DenoiserInput input);

  /** The prediction of what {@link #probe} was given last, everything computed. */
  Tensor full();

  /**
   * The prediction of what {@link #probe} was given last, the blocks left out.
   *
   * @throws IllegalStateException if there is no full evaluation of the picture before it
   */
  Tensor tail();

  /** Frees what was kept; idempotent. */
  @Override
  void close();
}
