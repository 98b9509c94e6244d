package org.viditq.core.schedule;

import org.viditq.core.diffusers.JsonConfig;

/**
 * The four forms of DPM-Solver. Lu et al., "DPM-Solver", 2022, solves for the noise prediction;
 * "DPM-Solver++", 2022, for the data prediction; the sde forms solve the stochastic equation.
 */
enum DpmSolverAlgorithm {
  DPMSOLVER("dpmsolver", false, false) {
    @Override
    Terms terms(double from, double to, double h) {
      double e = Math.expm1(h);
      double sigma = SignalLevel.sigma(to);
      return new Terms(
          SignalLevel.alpha(to) / SignalLevel.alpha(from),
          -sigma * e,
          -0.5 * sigma * e,
          -sigma * (e / h - 1),
          -sigma * ((e - h) / (h * h) - 0.5),
          0);
    }
  },
  DPMSOLVER_PLUS_PLUS("dpmsolver++", true, false) {
    @Override
    Terms terms(double from, double to, double h) {
      double e = Math.expm1(-h);
      double alpha = SignalLevel.alpha(to);
      return new Terms(
          SignalLevel.sigma(to) / SignalLevel.sigma(from),
          -alpha * e,
          -0.5 * alpha * e,
          alpha * (e / h + 1),
          -alpha * ((e + h) / (h * h) - 0.5),
          0);
    }
  },
  SDE_DPMSOLVER("sde-dpmsolver", false, true) {
    @Override
    Terms terms(double from, double to, double h) {
      double e = Math.expm1(h);
      double sigma = SignalLevel.sigma(to);
      return new Terms(
          SignalLevel.alpha(to) / SignalLevel.alpha(from),
          -2 * sigma * e,
          -sigma * e,
          -2 * sigma * (e / h - 1),
          Double.NaN, // There is no third order of this form.
          sigma * Math.sqrt(Math.expm1(2 * h)));
    }
  },
  SDE_DPMSOLVER_PLUS_PLUS("sde-dpmsolver++", true, true) {
    @Override
    Terms terms(double from, double to, double h) {
      double e = -Math.expm1(-2 * h);
      double alpha = SignalLevel.alpha(to);
      double sigma = SignalLevel.sigma(to);
      return new Terms(
          sigma / SignalLevel.sigma(from) * Math.exp(-h),
          alpha * e,
          0.5 * alpha * e,
          alpha * (1 - e / (2 * h)),
          alpha * ((e - 2 * h) / (4 * h * h) - 0.5),
          sigma * Math.sqrt(e));
    }
  };

  /**
   * Weights of one update: x' = sample x + d0 D0 + d1 D1 + d2 D2 + noise z, with D0 the prediction
   * at the start, D1 and D2 its estimated first and second derivatives in λ (times h, h²).
   *
   * @param d1Midpoint weight of D1 in second-order updates of the midpoint kind
   * @param d1 weight of D1 in all others
   */
  record Terms(double sample, double d0, double d1Midpoint, double d1, double d2, double noise) {}

  private final String optionName;
  private final boolean predictsData;
  private final boolean stochastic;

  DpmSolverAlgorithm(String optionName, boolean predictsData, boolean stochastic) {
    this.optionName = optionName;
    this.predictsData = predictsData;
    this.stochastic = stochastic;
  }

  /** Whether it integrates predictions of the clean sample instead of the noise. */
  boolean predictsData() {
    return predictsData;
  }

  /** Whether every step adds fresh noise. */
  boolean isStochastic() {
    return stochastic;
  }

  /**
   * The weights of an update.
   *
   * @param from noise to signal ratio at its start
   * @param to noise to signal ratio at its end
   * @param h λ at the end minus λ at the start; infinite where the end is without noise
   */
  abstract Terms terms(double from, double to, double h);

  /** As {@link #terms}; a step of no length, as some grids end with, changes nothing. */
  Terms update(double from, double to) {
    double h = SignalLevel.lambda(to) - SignalLevel.lambda(from);
    return h == 0 ? new Terms(1, 0, 0, 0, 0, 0) : terms(from, to, h);
  }

  /** Reads {@code algorithm_type}; DEIS counts as dpmsolver++, as diffusers has it. */
  static DpmSolverAlgorithm read(JsonConfig config) {
    String name = config.getString("algorithm_type", "dpmsolver++");
    for (DpmSolverAlgorithm algorithm : values()) {
      if (algorithm.optionName.equals(name)) {
        return algorithm;
      }
    }
    if (name.equals("deis")) {
      return DPMSOLVER_PLUS_PLUS;
    }
    throw config.invalid(
        "algorithm_type", "dpmsolver++, sde-dpmsolver++, dpmsolver or sde-dpmsolver");
  }

  /** Second-order updates, and third-order ones of single steps: midpoint or Heun's form. */
  enum SolverType {
    MIDPOINT,
    HEUN;

    /** Reads {@code solver_type}; those of other solvers count as midpoint, as in diffusers. */
    static SolverType read(JsonConfig config) {
      switch (config.getString("solver_type", "midpoint")) {
        case "midpoint":
        case "logrho":
        case "bh1":
        case "bh2":
          return MIDPOINT;
        case "heun":
          return HEUN;
        default:
          throw config.invalid("solver_type", "midpoint or heun");
      }
    }
  }
}
