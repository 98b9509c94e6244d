package org.viditq.verify.runner;

import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** Computes the cases of one op on any backend. */
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
}
