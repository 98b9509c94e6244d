package org.viditq.core.schedule;

import org.viditq.core.error.InvalidModelException;

/** The noise variances β_t of the training steps and ᾱ_t = Π (1 - β_s) over s ≤ t. */
public final class BetaSchedule {
  private final double[] betas;
  private final double[] alphasCumprod;

  private BetaSchedule(double[] betas) {
    this.betas = betas;
    this.alphasCumprod = new double[betas.length];
    double product = 1;
    for (int t = 0; t < betas.length; t++) {
      if (!(betas[t] > 0 && betas[t] < 1)) {
        throw new InvalidModelException(
            "The scheduler's beta of training step "
                + t
                + " is "
                + betas[t]
                + "; betas must lie between 0 and 1.");
      }
      product *= 1 - betas[t];
      alphasCumprod[t] = product;
    }
  }

  /** The given variances, one per training step. */
  public static BetaSchedule of(double... betas) {
    return new BetaSchedule(betas.clone());
  }

  /** β linear in t. Ho et al., "Denoising Diffusion Probabilistic Models", 2020. */
  public static BetaSchedule linear(double start, double end, int trainingSteps) {
    return new BetaSchedule(linspace(start, end, trainingSteps));
  }

  /** sqrt(β) linear in t. Rombach et al., "High-Resolution Image Synthesis ...", 2022. */
  public static BetaSchedule scaledLinear(double start, double end, int trainingSteps) {
    double[] betas = linspace(Math.sqrt(start), Math.sqrt(end), trainingSteps);
    for (int t = 0; t < betas.length; t++) {
      betas[t] *= betas[t];
    }
    return new BetaSchedule(betas);
  }

  /**
   * squaredcos_cap_v2: ᾱ(u) = cos²((u + 0.008) / 1.008 · π/2), β capped at 0.999. Nichol and
   * Dhariwal, "Improved Denoising Diffusion Probabilistic Models", 2021.
   */
  public static BetaSchedule squaredCosine(int trainingSteps) {
    double[] betas = new double[trainingSteps];
    for (int t = 0; t < trainingSteps; t++) {
      double from = cosineAlphaBar((double) t / trainingSteps);
      double to = cosineAlphaBar((t + 1.0) / trainingSteps);
      betas[t] = Math.min(1 - to / from, 0.999);
    }
    return new BetaSchedule(betas);
  }

  private static double cosineAlphaBar(double u) {
    double c = Math.cos((u + 0.008) / 1.008 * Math.PI / 2);
    return c * c;
  }

  private static double[] linspace(double start, double end, int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = count == 1 ? start : start + (end - start) * i / (count - 1);
    }
    return values;
  }

  /** Number of training steps, usually 1000. */
  public int trainingSteps() {
    return betas.length;
  }

  /** β of training step t. */
  public double beta(int t) {
    return betas[t];
  }

  /** ᾱ of training step t: the share of signal variance left. */
  public double alphaCumprod(int t) {
    return alphasCumprod[t];
  }

  /** Noise to signal ratio of training step t: sqrt((1 - ᾱ) / ᾱ). */
  public double sigma(int t) {
    return Math.sqrt((1 - alphasCumprod[t]) / alphasCumprod[t]);
  }
}
