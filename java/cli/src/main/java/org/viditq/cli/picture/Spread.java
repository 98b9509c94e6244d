package org.viditq.cli.picture;

import java.util.List;

/**
 * Mean and spread of a figure over pictures. Infinite ones, the PSNR of pictures that are equal to
 * the last bit, would hide all others and are counted by themselves.
 *
 * @param mean of the finite ones; infinite if there are none
 * @param deviation standard deviation of the finite ones with divisor n - 1; 0 for fewer than two
 * @param lowest of all
 * @param infinite how many are
 */
public record Spread(double mean, double deviation, double lowest, int infinite) {
  /**
   * @param values at least one
   */
  public static Spread of(List<Double> values) {
    List<Double> finite = values.stream().filter(Double::isFinite).toList();
    double mean =
        finite.stream().mapToDouble(value -> value).average().orElse(Double.POSITIVE_INFINITY);
    double squares = finite.stream().mapToDouble(value -> (value - mean) * (value - mean)).sum();
    return new Spread(
        mean,
        finite.size() < 2 ? 0 : Math.sqrt(squares / (finite.size() - 1)),
        values.stream().mapToDouble(value -> value).min().orElseThrow(),
        values.size() - finite.size());
  }
}
