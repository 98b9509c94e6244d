package org.viditq.core.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.statistics.distribution.BetaDistribution;
import org.viditq.core.diffusers.JsonConfig;

/** How noise levels are spread between the largest and the smallest. */
enum SigmaSpacing {
  /**
   * Evenly in σ^(1/7). Karras et al., "Elucidating the Design Space of Diffusion-Based Generative
   * Models", 2022, equation 5.
   */
  KARRAS("use_karras_sigmas") {
    @Override
    double[] between(double largest, double smallest, int count) {
      double from = Math.pow(largest, 1 / RHO);
      double to = Math.pow(smallest, 1 / RHO);
      double[] sigmas = new double[count];
      for (int i = 0; i < count; i++) {
        sigmas[i] = Math.pow(from + ramp(i, count) * (to - from), RHO);
      }
      return sigmas;
    }
  },
  /** Evenly in ln σ. */
  EXPONENTIAL("use_exponential_sigmas") {
    @Override
    double[] between(double largest, double smallest, int count) {
      return evenLogs(Math.log(largest), Math.log(smallest), count);
    }
  },
  /**
   * At quantiles of the beta distribution B(0.6, 0.6). Lee et al., "Beta Sampling is All You Need",
   * 2024.
   */
  BETA("use_beta_sigmas") {
    @Override
    double[] between(double largest, double smallest, int count) {
      BetaDistribution distribution = BetaDistribution.of(0.6, 0.6);
      double[] sigmas = new double[count];
      for (int i = 0; i < count; i++) {
        double quantile = distribution.inverseCumulativeProbability(1 - ramp(i, count));
        sigmas[i] = smallest + quantile * (largest - smallest);
      }
      return sigmas;
    }
  },
  /** Evenly in λ = -ln σ. Lu et al., "DPM-Solver", 2022, with exponent 1. */
  LU("use_lu_lambdas") {
    @Override
    double[] between(double largest, double smallest, int count) {
      return evenLogs((float) Math.log(largest), (float) Math.log(smallest), count);
    }
  };

  private static final double RHO = 7;

  private final String option;

  SigmaSpacing(String option) {
    this.option = option;
  }

  /** The option of diffusers' configurations that switches it on. */
  String option() {
    return option;
  }

  /** {@code count} descending noise to signal ratios, the first of them the largest. */
  abstract double[] between(double largest, double smallest, int count);

  private static double[] evenLogs(double from, double to, int count) {
    double step = count == 1 ? 0 : (to - from) / (count - 1);
    double[] sigmas = new double[count];
    for (int i = 0; i < count; i++) {
      // The last is the end itself, not what rounding makes of it.
      sigmas[i] = Math.exp(i > 0 && i == count - 1 ? to : from + i * step);
    }
    return sigmas;
  }

  /** From 0 to 1; 0 for a single one. */
  private static double ramp(int i, int count) {
    if (count == 1) {
      return 0;
    }
    return i == count - 1 ? 1 : i * (1.0 / (count - 1));
  }

  /**
   * The one that is switched on, if any.
   *
   * @param known those that the scheduler has
   * @throws org.viditq.core.error.InvalidModelException if several are
   */
  static Optional<SigmaSpacing> read(JsonConfig config, SigmaSpacing... known) {
    List<SigmaSpacing> on = new ArrayList<>();
    for (SigmaSpacing spacing : known) {
      if (config.getBoolean(spacing.option, false)) {
        on.add(spacing);
      }
    }
    if (on.size() > 1) {
      throw config.invalid(on.get(1).option, "false where " + on.get(0).option + " is true");
    }
    return on.stream().findFirst();
  }
}
