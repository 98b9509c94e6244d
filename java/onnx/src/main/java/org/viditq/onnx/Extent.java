package org.viditq.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * An extent as a formula of those that are chosen when a graph is run: (constant + Σ factor × Π
 * extent^power) / divisor, exact.
 *
 * @param terms none for a number
 */
record Extent(long constant, List<Term> terms, long divisor) {
  /**
   * @param factor not 0
   * @param powers of the chosen extents, in their order
   */
  record Term(long factor, List<Integer> powers) {}

  private static final int MOST_POWER = 3;

  static Extent number(long value) {
    return new Extent(value, List.of(), 1);
  }

  boolean isNumber() {
    return terms.isEmpty();
  }

  /**
   * The formula that a number follows.
   *
   * @param probes values that the chosen extents were given, [recordings][extents]: the first
   *     recording's; then for each extent a recording in which it alone is another; then one in
   *     which all are others
   * @param values of the number in these recordings
   * @return a product of extents, else a sum; empty if it is neither
   */
  static Optional<Extent> fit(int[][] probes, long[] values) {
    boolean same = true;
    for (long value : values) {
      same &= value == values[0];
    }
    if (same) {
      return Optional.of(number(values[0]));
    }
    Optional<Extent> product = product(probes, values);
    return product.isPresent() ? product : sum(probes, values);
  }

  private static Optional<Extent> product(int[][] probes, long[] values) {
    Integer[] powers = new Integer[probes[0].length];
    long all = 1;
    for (int i = 0; i < powers.length; i++) {
      powers[i] = power(probes[0][i], probes[i + 1][i], values[0], values[i + 1]);
      if (powers[i] == null) {
        return Optional.empty();
      }
      for (int times = 0; times < powers[i]; times++) {
        all = Math.multiplyExact(all, probes[0][i]);
      }
    }
    long shared = gcd(values[0], all);
    if (shared == 0) {
      return Optional.empty();
    }
    return verified(
        new Extent(0, List.of(new Term(values[0] / shared, List.of(powers))), all / shared),
        probes,
        values);
  }

  /** How often the change of an extent has changed a value by as much; null if not so. */
  private static Integer power(long extent, long other, long value, long changed) {
    long left = changed;
    long right = value;
    for (int power = 0; power <= MOST_POWER; power++) {
      if (left == right) {
        return power;
      }
      left = Math.multiplyExact(left, extent);
      right = Math.multiplyExact(right, other);
    }
    return null;
  }

  private static Optional<Extent> sum(int[][] probes, long[] values) {
    int extents = probes[0].length;
    long divisor = 1;
    for (int i = 0; i < extents; i++) {
      long step = (long) probes[i + 1][i] - probes[0][i];
      long change = values[i + 1] - values[0];
      long shared = gcd(step, change);
      divisor = shared == 0 ? divisor : lcm(divisor, Math.abs(step / shared));
    }
    List<Term> terms = new ArrayList<>();
    long constant = Math.multiplyExact(values[0], divisor);
    for (int i = 0; i < extents; i++) {
      long step = (long) probes[i + 1][i] - probes[0][i];
      long factor = (values[i + 1] - values[0]) * divisor / step;
      if (factor != 0) {
        Integer[] powers = new Integer[extents];
        Arrays.fill(powers, 0);
        powers[i] = 1;
        terms.add(new Term(factor, List.of(powers)));
        constant -= factor * probes[0][i];
      }
    }
    return verified(new Extent(constant, List.copyOf(terms), divisor), probes, values);
  }

  private static Optional<Extent> verified(Extent extent, int[][] probes, long[] values) {
    for (int recording = 0; recording < probes.length; recording++) {
      if (!extent.isAt(probes[recording], values[recording])) {
        return Optional.empty();
      }
    }
    return Optional.of(extent);
  }

  private boolean isAt(int[] chosen, long value) {
    return dividend(chosen) == Math.multiplyExact(value, divisor);
  }

  private long dividend(int[] chosen) {
    long total = constant;
    for (Term term : terms) {
      long product = term.factor();
      for (int i = 0; i < chosen.length; i++) {
        for (int times = 0; times < term.powers().get(i); times++) {
          product = Math.multiplyExact(product, chosen[i]);
        }
      }
      total = Math.addExact(total, product);
    }
    return total;
  }

  private static long gcd(long a, long b) {
    return b == 0 ? Math.abs(a) : gcd(b, a % b);
  }

  private static long lcm(long a, long b) {
    return a / gcd(a, b) * b;
  }

  /** As dimensions are named in a graph: {@code batch}, {@code 8*height}, {@code tokens+1}. */
  String describe(List<String> names) {
    StringBuilder text = new StringBuilder();
    for (Term term : terms) {
      StringJoiner product = new StringJoiner("*");
      if (term.factor() != 1) {
        product.add(Long.toString(term.factor()));
      }
      for (int i = 0; i < names.size(); i++) {
        for (int times = 0; times < term.powers().get(i); times++) {
          product.add(names.get(i));
        }
      }
      text.append(text.length() == 0 ? "" : "+").append(product);
    }
    if (constant != 0 || terms.isEmpty()) {
      text.append(text.length() > 0 && constant > 0 ? "+" : "").append(constant);
    }
    boolean several = terms.size() + (constant == 0 ? 0 : 1) > 1;
    return divisor == 1
        ? text.toString()
        : (several ? "(" + text + ")" : text.toString()) + "/" + divisor;
  }
}
