package org.viditq.core.schedule;

import org.viditq.core.error.UsageException;

/**
 * A diffusion process shortened to some of its training steps: β of the kept steps are those that
 * leave their ᾱ as it was, β'_i = 1 - ᾱ_i / ᾱ_(i-1). Nichol and Dhariwal, "Improved Denoising
 * Diffusion Probabilistic Models", 2021, section 4.
 */
public final class SpacedDiffusion {
  private final int[] timestepMap;
  private final BetaSchedule betas;

  /**
   * @param whole the process of all training steps
   * @param kept the kept steps, ascending
   */
  public SpacedDiffusion(BetaSchedule whole, int... kept) {
    if (kept.length == 0) {
      throw new UsageException("No step of the diffusion process is kept; take at least one.");
    }
    double[] shortened = new double[kept.length];
    double before = 1;
    for (int i = 0; i < kept.length; i++) {
      double alphaCumprod = whole.alphaCumprod(kept[i]);
      shortened[i] = 1 - alphaCumprod / before;
      before = alphaCumprod;
    }
    this.timestepMap = kept.clone();
    this.betas = BetaSchedule.of(shortened);
  }

  /** Number of kept steps. */
  public int steps() {
    return timestepMap.length;
  }

  /** The training step that each kept step is, ascending. A copy. */
  public int[] timestepMap() {
    return timestepMap.clone();
  }

  /** β and ᾱ of the kept steps. */
  public BetaSchedule betas() {
    return betas;
  }

  /** ᾱ of the kept step before step i; 1 before the first. */
  double previousAlphaCumprod(int i) {
    return i == 0 ? 1 : betas.alphaCumprod(i - 1);
  }

  /**
   * ln of the posterior variance β (1 - ᾱ_(i-1)) / (1 - ᾱ_i) of kept step i. At step 0, where the
   * variance is 0, that of step 1 stands in; a process of one step has β.
   */
  public double posteriorLogVariance(int i) {
    int at = Math.max(i, Math.min(1, steps() - 1));
    double ratio = at == 0 ? 1 : (1 - betas.alphaCumprod(at - 1)) / (1 - betas.alphaCumprod(at));
    return Math.log(betas.beta(at) * ratio);
  }
}
