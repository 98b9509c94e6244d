package org.viditq.core.schedule;

import org.viditq.core.random.NoiseSource;
import org.viditq.core.tensor.Tensor;

/**
 * DPM-Solver++ multistep on a given grid of noise levels. Lu et al., "DPM-Solver++: Fast Solver for
 * Guided Sampling of Diffusion Probabilistic Models", 2022, equations for the data prediction model
 * of orders 1 to 3.
 *
 * <p>Every update is a linear combination of the sample and the last predictions of the clean
 * sample; its coefficients are computed in float64.
 */
final class DpmSolverRun implements SamplingRun {
  /** Second-order update: midpoint or Heun's form. */
  enum SolverType {
    MIDPOINT,
    HEUN
  }

  private final double[] timesteps;
  private final double[] alphas;
  private final double[] sigmas;
  private final int[] orders;
  private final PredictionType predictionType;
  private final SolverType solverType;

  /** Predictions of the clean sample, newest first. */
  private final Tensor[] predictions = new Tensor[3];

  private int nextStep;

  /**
   * @param timesteps what the denoiser is told at each of the n steps
   * @param alphas signal level at the n + 1 grid points, x = α x0 + σ ε
   * @param sigmas noise level at the n + 1 grid points; the last may be 0
   * @param orders order of the update of each step, 1 to 3
   */
  DpmSolverRun(
      double[] timesteps,
      double[] alphas,
      double[] sigmas,
      int[] orders,
      PredictionType predictionType,
      SolverType solverType) {
    this.timesteps = timesteps;
    this.alphas = alphas;
    this.sigmas = sigmas;
    this.orders = orders;
    this.predictionType = predictionType;
    this.solverType = solverType;
  }

  @Override
  public double[] timesteps() {
    return timesteps.clone();
  }

  @Override
  public Tensor step(Tensor modelOutput, int stepIndex, Tensor sample, NoiseSource noise) {
    if (stepIndex != nextStep) {
      throw new IllegalStateException(
          "Step " + stepIndex + " was asked for, but step " + nextStep + " is next.");
    }
    ModelOutputs.requireSameShape(modelOutput, sample);
    nextStep++;
    predictions[2] = predictions[1];
    predictions[1] = predictions[0];
    predictions[0] = cleanSample(modelOutput, stepIndex, sample);

    double[] weights = coefficients(stepIndex);
    float[] x = sample.data();
    float[] next = new float[x.length];
    double sampleWeight = sigmas[stepIndex + 1] / sigmas[stepIndex];
    for (int i = 0; i < x.length; i++) {
      double value = sampleWeight * x[i];
      for (int k = 0; k < weights.length; k++) {
        value += weights[k] * predictions[k].data()[i];
      }
      next[i] = (float) value;
    }
    return Tensor.of(sample.shape(), next);
  }

  private Tensor cleanSample(Tensor modelOutput, int stepIndex, Tensor sample) {
    float[] output = modelOutput.data();
    float[] x = sample.data();
    float[] clean = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      clean[i] =
          (float) predictionType.clean(output[i], x[i], alphas[stepIndex], sigmas[stepIndex]);
    }
    return Tensor.of(sample.shape(), clean);
  }

  /** Half the logarithm of the signal to noise ratio at a grid point; infinite without noise. */
  private double lambda(int point) {
    return Math.log(alphas[point]) - Math.log(sigmas[point]);
  }

  /** Weights of the clean sample predictions m0, m1, m2, newest first. */
  private double[] coefficients(int i) {
    double h = lambda(i + 1) - lambda(i);
    double e = Math.expm1(-h);
    double alpha = alphas[i + 1];
    double w0 = -alpha * e;
    if (orders[i] == 1) {
      return new double[] {w0};
    }
    double r0 = (lambda(i) - lambda(i - 1)) / h;
    if (orders[i] == 2) {
      // The weight of D1 = (m0 - m1) / r0.
      double d1 = solverType == SolverType.MIDPOINT ? -0.5 * alpha * e : alpha * (e / h + 1);
      return new double[] {w0 + d1 / r0, -d1 / r0};
    }
    double r1 = (lambda(i - 1) - lambda(i - 2)) / h;
    // With a = (m0 - m1) / r0 and b = (m1 - m2) / r1 the update adds
    // d1 (a + (a - b) r0 / (r0 + r1)) + d2 (a - b) / (r0 + r1).
    double d1 = alpha * (e / h + 1);
    double d2 = -alpha * ((e + h) / (h * h) - 0.5);
    double difference = (d1 * r0 + d2) / (r0 + r1);
    double a = d1 + difference;
    double b = -difference;
    return new double[] {w0 + a / r0, b / r1 - a / r0, -b / r1};
  }
}
