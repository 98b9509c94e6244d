package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.viditq.verify.fixture.Comparison;
import org.viditq.verify.fixture.Difference;
import org.viditq.verify.fixture.Tolerance;
import org.viditq.verify.fixture.Values;
import org.viditq.verify.runner.Results;

/** The table of cases for every backend, and when two results agree. */
final class Parity {
  /** Of the largest expected value: what float32 sums in another order may differ by. */
  private static final double RELATIVE = 2e-5;

  /** Below this, differences are rounding of values that cancel. */
  private static final double ABSOLUTE = 1e-6;

  private Parity() {}

  static List<ParityCase> cases() {
    return Stream.of(
            LinearCase.all(),
            TokenQuantizationCase.all(),
            QuantizedLinearCase.all(),
            SharedGridsCase.all(),
            AttentionCase.all(),
            SelfAttentionCase.all(),
            NormalizationCase.all(),
            FusedLayersCase.all(),
            QuantizedFeedForwardCase.all(),
            OtherOperatorsCase.all())
        .flatMap(List::stream)
        .toList();
  }

  /** What is wrong; integers must be equal, floats close. */
  static List<Difference> disagreements(Results expected, Results got) {
    return disagreements(expected, got, 0);
  }

  /**
   * As {@link #disagreements(Results, Results)}.
   *
   * @param margin of the largest expected value, allowed besides what all backends are allowed
   */
  static List<Difference> disagreements(Results expected, Results got, double margin) {
    List<Difference> wrong = new ArrayList<>();
    expected
        .all()
        .forEach(
            (name, values) -> {
              Difference difference =
                  Comparison.compare(name, values, got.get(name), tolerance(values, margin));
              if (!difference.pass()) {
                wrong.add(difference);
              }
            });
    return wrong;
  }

  private static Tolerance tolerance(Values expected, double margin) {
    if (expected instanceof Values.Integers) {
      return new Tolerance.Exact();
    }
    double largest = 0;
    for (int i = 0; i < expected.shape().size(); i++) {
      largest = Math.max(largest, Math.abs(expected.at(i)));
    }
    return new Tolerance.Close(0, (RELATIVE + margin) * largest + ABSOLUTE, OptionalDouble.empty());
  }
}
