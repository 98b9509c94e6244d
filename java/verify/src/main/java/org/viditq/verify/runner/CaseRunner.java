package org.viditq.verify.runner;

import java.util.function.BiFunction;
import java.util.function.Function;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** Computes the cases of one op on any backend, by calling the product. */
@FunctionalInterface
public interface CaseRunner {

  /**
   * Computes every expected tensor of the case; what it leaves out fails the case.
   *
   * @param operators closed by the caller
   */
  <V> Results run(FixtureCase fixture, Operators<V> operators);

  /**
   * False where the backend lacks what the op needs (the opened-up integer operators): its cases
   * are then listed as missing.
   */
  default boolean supports(Operators<?> operators) {
    return true;
  }

  /** Runs cases in which no backend takes part. */
  static CaseRunner withoutBackend(Function<FixtureCase, Results> cases) {
    return new CaseRunner() {
      @Override
      public <V> Results run(FixtureCase fixture, Operators<V> operators) {
        return cases.apply(fixture);
      }
    };
  }

  /** Runs cases that need no more than the opened-up integer operators. */
  static CaseRunner onIntegers(BiFunction<FixtureCase, IntegerOperators, Results> cases) {
    return new CaseRunner() {
      @Override
      public <V> Results run(FixtureCase fixture, Operators<V> operators) {
        return cases.apply(fixture, (IntegerOperators) operators);
      }

      @Override
      public boolean supports(Operators<?> operators) {
        return operators instanceof IntegerOperators;
      }
    };
  }
}
