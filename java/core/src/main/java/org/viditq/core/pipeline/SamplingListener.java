package org.viditq.core.pipeline;

import java.util.function.Supplier;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.tensor.Tensor;

/** Sees every step of a sampling: for calibration, previews and tests. Must not change tensors. */
public interface SamplingListener {
  /** Listens to nothing. */
  SamplingListener NONE = new SamplingListener() {};

  /**
   * Called before each denoiser evaluation.
   *
   * @param step index of the sampling step, 0 first
   * @param input the whole batch; with guidance the negative half comes first
   */
  default void beforeDenoising(int step, DenoiserInput input) {}

  /**
   * Called after each step.
   *
   * @param step index of the sampling step that is done
   * @param latents [B, C, (T,) H, W] after the step
   */
  default void afterStep(int step, Tensor latents) {}

  /**
   * Called after each step, after {@link #afterStep}.
   *
   * @param clean computes what the sample will about be in the end, for previews: see {@link
   *     org.viditq.core.schedule.CleanEstimate}
   */
  default void predicted(int step, Supplier<Tensor> clean) {}
}
