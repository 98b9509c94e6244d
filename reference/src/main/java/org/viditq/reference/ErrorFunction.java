package org.viditq.reference;

/** erf in float64. */
final class ErrorFunction {
  private ErrorFunction() {}

  /**
   * erf(x) = 2/√π e^(-x²) Σ 2^n x^(2n+1) / (1·3·…·(2n+1)), Abramowitz and Stegun 7.1.6; all terms
   * have one sign, so nothing cancels. Absolute error below 1e-15.
   */
  static double erf(double x) {
    if (Math.abs(x) > 6) {
      return Math.signum(x); // 1 - erf(6) is below half a unit in the last place.
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }
}
