package org.viditq.core.schedule;

import org.viditq.core.tensor.Tensor;

/**
 * Runs on samples x = x0 + σ ε, whose variance grows with the noise level. The denoiser is given x
 * / sqrt(σ² + 1), which has the scale that it was trained with.
 */
abstract class ExplodingRun extends SequentialRun {
  private final TimestepSpacing spacing;

  ExplodingRun(NoiseGrid grid, TimestepSpacing spacing) {
    super(grid);
    this.spacing = spacing;
  }

  /** The largest σ, or sqrt(σ² + 1) where times do not reach the last training step. */
  @Override
  public double initialNoiseSigma() {
    double largest = 0;
    for (double sigma : sigmas()) {
      largest = Math.max(largest, sigma);
    }
    return spacing == TimestepSpacing.LEADING ? Math.sqrt(largest * largest + 1) : largest;
  }

  @Override
  public Tensor scaleModelInput(Tensor sample, int stepIndex) {
    return LinearCombination.of(SignalLevel.alpha(sigma(stepIndex)), sample);
  }

  @Override
  public Tensor noisy(Tensor clean, Tensor noise, int stepIndex) {
    ModelOutputs.requireSameShape(noise, clean);
    return LinearCombination.of(1, clean, sigma(stepIndex), noise);
  }

  /** The clean sample at noise level {@code sigma} that the denoiser meant. */
  static Tensor clean(ModelConversion conversion, Tensor output, Tensor sample, double sigma) {
    PredictionType type = conversion.type();
    double alpha = SignalLevel.alpha(sigma);
    double preservedSigma = SignalLevel.sigma(sigma);
    float[] said = output.data();
    float[] x = sample.data();
    float[] clean = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      clean[i] = (float) type.clean(said[i], alpha * x[i], alpha, preservedSigma);
    }
    return conversion.bounds().apply(Tensor.of(sample.shape(), clean));
  }
}
