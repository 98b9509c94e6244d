package org.viditq.core.schedule;

/** Signal α and noise σ of x = α x0 + σ ε, α² + σ² = 1, from their ratio σ/α. */
final class SignalLevel {
  private SignalLevel() {}

  /** 1 without noise, 0 for an infinite ratio. */
  static double alpha(double ratio) {
    return 1 / Math.sqrt(ratio * ratio + 1);
  }

  /** 0 without noise, 1 for an infinite ratio. */
  static double sigma(double ratio) {
    return Double.isInfinite(ratio) ? 1 : ratio * alpha(ratio);
  }

  /** λ = ln(α/σ), half the logarithm of the signal to noise ratio; infinite without noise. */
  static double lambda(double ratio) {
    return -Math.log(ratio);
  }
}
