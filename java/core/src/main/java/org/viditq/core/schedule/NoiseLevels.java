package org.viditq.core.schedule;

import java.util.Arrays;

/**
 * The noise to signal ratios σ of a schedule's training steps, and the way from times to ratios and
 * back. Ratios and their logarithms are rounded to float32, as diffusers keeps them.
 */
final class NoiseLevels {
  private final double[] sigmas;
  private final double[] logs;

  NoiseLevels(BetaSchedule betas) {
    this.sigmas = new double[betas.trainingSteps()];
    this.logs = new double[sigmas.length];
    for (int t = 0; t < sigmas.length; t++) {
      float alphaCumprod = (float) betas.alphaCumprod(t);
      sigmas[t] = (float) Math.sqrt((1 - alphaCumprod) / alphaCumprod);
      logs[t] = (float) Math.log(sigmas[t]);
    }
  }

  double smallest() {
    return sigmas[0];
  }

  double largest() {
    return sigmas[sigmas.length - 1];
  }

  /** σ at a time, interpolated linearly between training steps. */
  double at(double time) {
    int below = (int) Math.max(0, Math.min(time, sigmas.length - 1));
    if (below == sigmas.length - 1) {
      return sigmas[below];
    }
    double fraction = Math.max(0, time - below);
    return sigmas[below] + fraction * (sigmas[below + 1] - sigmas[below]);
  }

  /** The time that a ratio belongs to: ln σ is interpolated linearly between training steps. */
  double timeOf(double sigma) {
    if (sigmas.length == 1) {
      return 0;
    }
    double log = Math.log(Math.max(sigma, 1e-10));
    int found = Arrays.binarySearch(logs, log);
    int below = Math.max(0, Math.min(found >= 0 ? found : -found - 2, logs.length - 2));
    double gap = logs[below + 1] - logs[below];
    double fraction = gap > 0 ? (log - logs[below]) / gap : 0;
    return below + Math.max(0, Math.min(1, fraction));
  }

  /**
   * The grid with ratios read off at the given times.
   *
   * @param end ratio after the last step
   */
  NoiseGrid gridAt(double[] times, double end) {
    double[] grid = new double[times.length + 1];
    for (int i = 0; i < times.length; i++) {
      grid[i] = (float) at(times[i]);
    }
    grid[times.length] = (float) end;
    return new NoiseGrid(times, grid);
  }

  /**
   * The grid with times that belong to the given ratios.
   *
   * @param end ratio after the last step
   */
  NoiseGrid gridOf(double[] ratios, Rounding rounding, double end) {
    double[] times = new double[ratios.length];
    double[] grid = new double[ratios.length + 1];
    for (int i = 0; i < ratios.length; i++) {
      times[i] = rounding.apply(timeOf(ratios[i]));
      grid[i] = (float) ratios[i];
    }
    grid[ratios.length] = (float) end;
    return new NoiseGrid(times, grid);
  }

  /** What the denoiser is told of a time between two training steps. */
  enum Rounding {
    /** The time itself, in float32. */
    NONE {
      @Override
      double apply(double time) {
        return (float) time;
      }
    },
    /** The nearest training step, the even one of two. */
    NEAREST {
      @Override
      double apply(double time) {
        return Math.rint(time);
      }
    },
    /** The training step before it. */
    DOWN {
      @Override
      double apply(double time) {
        return Math.floor(time);
      }
    };

    abstract double apply(double time);
  }
}
