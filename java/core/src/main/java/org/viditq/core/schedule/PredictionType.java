package org.viditq.core.schedule;

import java.util.Locale;
import org.viditq.core.error.InvalidModelException;

/**
 * What a denoiser predicts of x = α x0 + σ ε, where α² + σ² = 1. Salimans and Ho, "Progressive
 * Distillation for Fast Sampling of Diffusion Models", 2022, section 4.
 */
public enum PredictionType {
  /** The noise ε. */
  EPSILON {
    @Override
    double clean(double output, double x, double alpha, double sigma) {
      return (x - sigma * output) / alpha;
    }

    @Override
    double noise(double output, double x, double alpha, double sigma) {
      return output;
    }
  },
  /** v = α ε - σ x0. */
  V_PREDICTION {
    @Override
    double clean(double output, double x, double alpha, double sigma) {
      return alpha * x - sigma * output;
    }

    @Override
    double noise(double output, double x, double alpha, double sigma) {
      return alpha * output + sigma * x;
    }
  },
  /** The clean sample x0. */
  SAMPLE {
    @Override
    double clean(double output, double x, double alpha, double sigma) {
      return output;
    }

    @Override
    double noise(double output, double x, double alpha, double sigma) {
      return (x - alpha * output) / sigma;
    }
  };

  /** x0 from the denoiser's output. */
  abstract double clean(double output, double x, double alpha, double sigma);

  /** ε from the denoiser's output. */
  abstract double noise(double output, double x, double alpha, double sigma);

  static PredictionType parse(String name) {
    try {
      return valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw new InvalidModelException(
          "The scheduler's prediction_type "
              + name
              + " is not supported; supported are epsilon, v_prediction and sample.");
    }
  }
}
