package org.viditq.core.schedule;

import java.util.Locale;
import org.viditq.core.error.InvalidModelException;

/**
 * How evaluation times are spread over the training steps. Lin et al., "Common Diffusion Noise
 * Schedules and Sample Steps are Flawed", 2024, table 2; rounding is half to even.
 */
public enum TimestepSpacing {
  /** Evenly from the last training step to the first, both included. */
  LINSPACE {
    @Override
    double[] points(int count, int trainingSteps, int offset) {
      double[] times = fractionalPoints(count, trainingSteps, offset);
      for (int i = 0; i < count; i++) {
        times[i] = Math.rint(times[i]);
      }
      return times;
    }

    @Override
    double[] fractionalPoints(int count, int trainingSteps, int offset) {
      double[] times = new double[count];
      double stride = count == 1 ? 0 : (trainingSteps - 1.0) / (count - 1);
      for (int i = 0; i < count; i++) {
        times[count - 1 - i] = i == count - 1 && i > 0 ? trainingSteps - 1 : i * stride;
      }
      return times;
    }
  },
  /** Multiples of floor(training steps / count) from 0 up, plus the offset. */
  LEADING {
    @Override
    double[] points(int count, int trainingSteps, int offset) {
      double[] times = new double[count];
      int stride = trainingSteps / count;
      for (int i = 0; i < count; i++) {
        times[count - 1 - i] = (double) i * stride + offset;
      }
      return times;
    }
  },
  /** From the last training step down in equal strides. */
  TRAILING {
    @Override
    double[] points(int count, int trainingSteps, int offset) {
      double[] times = new double[count];
      double stride = (double) trainingSteps / count;
      for (int i = 0; i < count; i++) {
        times[i] = Math.rint(trainingSteps - i * stride) - 1;
      }
      return times;
    }
  };

  /**
   * {@code count} descending times, all of them training steps.
   *
   * @param offset added to every time; used by {@link #LEADING} only
   */
  abstract double[] points(int count, int trainingSteps, int offset);

  /** As {@link #points}, but {@link #LINSPACE} does not round. */
  double[] fractionalPoints(int count, int trainingSteps, int offset) {
    return points(count, trainingSteps, offset);
  }

  static TimestepSpacing parse(String name) {
    try {
      return valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw new InvalidModelException(
          "The scheduler's timestep_spacing "
              + name
              + " is not supported; supported are linspace, leading and trailing.");
    }
  }
}
