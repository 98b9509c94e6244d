package org.viditq.core.schedule;

import java.util.function.DoubleUnaryOperator;
import org.viditq.core.error.InvalidModelException;

/**
 * The noise variances β_t of the training steps and ᾱ_t = Π (1 - β_s) over s ≤ t.
 *
 * <p>A schedule is computed in double precision. {@link #inSinglePrecision()} is the one that
 * diffusers computes from the same β: its schedulers keep β, 1 - β and ᾱ in float32, which moves
 * the smallest noise levels by some 1e-4 of themselves.
 */
public final class BetaSchedule {
  /** What diffusers leaves of ᾱ at the last step where it must divide by it. */
  private static final double TINY_ALPHA_CUMPROD = 0x1p-24;

  private static final double LARGEST_BETA = 0.999;

  private final double[] betas;
  private final double[] alphasCumprod;

  private BetaSchedule(double[] betas, double[] alphasCumprod) {
    this.betas = betas;
    this.alphasCumprod = alphasCumprod;
  }

  /**
   * The given variances, one per training step.
   *
   * @throws InvalidModelException if one does not lie between 0 and 1
   */
  public static BetaSchedule of(double... betas) {
    double[] alphasCumprod = new double[betas.length];
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
    return new BetaSchedule(betas.clone(), alphasCumprod);
  }

  /** β linear in t. Ho et al., "Denoising Diffusion Probabilistic Models", 2020. */
  public static BetaSchedule linear(double start, double end, int trainingSteps) {
    return of(linspace(start, end, trainingSteps));
  }

  /** sqrt(β) linear in t. Rombach et al., "High-Resolution Image Synthesis ...", 2022. */
  public static BetaSchedule scaledLinear(double start, double end, int trainingSteps) {
    double[] betas = linspace(Math.sqrt(start), Math.sqrt(end), trainingSteps);
    for (int t = 0; t < betas.length; t++) {
      betas[t] *= betas[t];
    }
    return of(betas);
  }

  /** β on a logistic curve between -6 and 6. Xu et al., "GeoDiff", 2022. */
  public static BetaSchedule sigmoid(double start, double end, int trainingSteps) {
    double[] betas = linspace(-6, 6, trainingSteps);
    for (int t = 0; t < betas.length; t++) {
      betas[t] = start + (end - start) / (1 + Math.exp(-betas[t]));
    }
    return of(betas);
  }

  /**
   * squaredcos_cap_v2: ᾱ(u) = cos²((u + 0.008) / 1.008 · π/2), β capped at 0.999. Nichol and
   * Dhariwal, "Improved Denoising Diffusion Probabilistic Models", 2021.
   */
  public static BetaSchedule squaredCosine(int trainingSteps) {
    return ofAlphaBar(
        trainingSteps,
        u -> {
          double c = Math.cos((u + 0.008) / 1.008 * Math.PI / 2);
          return c * c;
        });
  }

  /** ᾱ(u) = exp(-12 u). */
  public static BetaSchedule exponential(int trainingSteps) {
    return ofAlphaBar(trainingSteps, u -> Math.exp(-12 * u));
  }

  /** Log signal to noise ratios with a Laplace distribution, as diffusers' {@code laplace}. */
  public static BetaSchedule laplace(int trainingSteps) {
    return ofAlphaBar(
        trainingSteps,
        u -> {
          double offset = 0.5 - u;
          double logRatio =
              -0.5 * Math.copySign(1, offset) * Math.log(1 - 2 * Math.abs(offset) + 1e-6);
          double ratio = Math.exp(logRatio);
          return Math.sqrt(ratio / (1 + ratio));
        });
  }

  /** β from ᾱ as a function of t / T, capped at 0.999. */
  private static BetaSchedule ofAlphaBar(int trainingSteps, DoubleUnaryOperator alphaBar) {
    double[] betas = new double[trainingSteps];
    for (int t = 0; t < trainingSteps; t++) {
      double from = alphaBar.applyAsDouble((double) t / trainingSteps);
      double to = alphaBar.applyAsDouble((t + 1.0) / trainingSteps);
      betas[t] = Math.min(1 - to / from, LARGEST_BETA);
    }
    return of(betas);
  }

  private static double[] linspace(double start, double end, int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = count == 1 ? start : start + (end - start) * i / (count - 1);
    }
    return values;
  }

  /**
   * The schedule as diffusers rounds it: β, 1 - β and every ᾱ are float32, products are not.
   *
   * @throws InvalidModelException if a β is too small to count in float32, or nothing is left of
   *     the signal long before the last step
   */
  BetaSchedule inSinglePrecision() {
    float[] rounded = new float[betas.length];
    for (int t = 0; t < betas.length; t++) {
      rounded[t] = (float) betas[t];
    }
    BetaSchedule single = ofSingles(rounded);
    for (int t = 0; t < betas.length; t++) {
      if (!(single.alphasCumprod[t] > 0 && single.alphasCumprod[t] < 1)) {
        throw new InvalidModelException(
            "The scheduler's betas leave "
                + single.alphasCumprod[t]
                + " of the signal at training step "
                + t
                + " in float32, which is no noise level to sample from; correct beta_start,"
                + " beta_end or trained_betas.");
      }
    }
    return single;
  }

  private static BetaSchedule ofSingles(float[] betas) {
    double[] wide = new double[betas.length];
    double[] alphasCumprod = new double[betas.length];
    double product = 1;
    for (int t = 0; t < betas.length; t++) {
      wide[t] = betas[t];
      product *= 1 - betas[t];
      alphasCumprod[t] = (float) product;
    }
    return new BetaSchedule(wide, alphasCumprod);
  }

  /**
   * The schedule stretched so that nothing is left of the signal at the last step (ᾱ = 0) and
   * nothing changes at the first, in float32. Lin et al., "Common Diffusion Noise Schedules and
   * Sample Steps are Flawed", 2024, algorithm 1.
   *
   * @throws InvalidModelException if the schedule has a single step or does not descend
   */
  BetaSchedule withZeroTerminalSignal() {
    int last = betas.length - 1;
    float first = (float) Math.sqrt((float) alphasCumprod[0]);
    float end = (float) Math.sqrt((float) alphasCumprod[last]);
    if (!(first > end)) {
      throw new InvalidModelException(
          "rescale_betas_zero_snr needs a noise schedule of at least two training steps; correct"
              + " num_train_timesteps.");
    }
    float scale = first / (first - end);
    float[] rescaled = new float[betas.length];
    float before = 1;
    for (int t = 0; t <= last; t++) {
      float signal = ((float) Math.sqrt((float) alphasCumprod[t]) - end) * scale;
      float squared = signal * signal;
      rescaled[t] = 1 - (t == 0 ? squared : squared / before);
      before = squared;
    }
    return ofSingles(rescaled);
  }

  /** The schedule with ᾱ = 2^-24 at the last step, so that its noise to signal ratio is finite. */
  BetaSchedule withTinyTerminalSignal() {
    double[] tiny = alphasCumprod.clone();
    tiny[tiny.length - 1] = TINY_ALPHA_CUMPROD;
    return new BetaSchedule(betas, tiny);
  }

  /** Number of training steps, usually 1000. */
  public int trainingSteps() {
    return betas.length;
  }

  /** β of training step t. */
  public double beta(int t) {
    return betas[t];
  }

  /** β of every training step. A copy. */
  public double[] betas() {
    return betas.clone();
  }

  /** ᾱ of training step t: the share of signal variance left. */
  public double alphaCumprod(int t) {
    return alphasCumprod[t];
  }

  /** ᾱ of every training step. A copy. */
  public double[] alphasCumprod() {
    return alphasCumprod.clone();
  }

  /** Noise to signal ratio of training step t: sqrt((1 - ᾱ) / ᾱ); infinite if no signal is left. */
  public double sigma(int t) {
    return sigmaOf(alphasCumprod[t]);
  }

  /** Noise to signal ratio that belongs to ᾱ. */
  static double sigmaOf(double alphaCumprod) {
    return Math.sqrt((1 - alphaCumprod) / alphaCumprod);
  }
}
