package org.viditq.tests.parity;

import java.util.Optional;
import org.viditq.core.operators.Operators;
import org.viditq.verify.runner.Results;

/** One operator on one set of operands. */
interface ParityCase {
  String name();

  /** Computes on any backend. */
  <V> Results compute(Operators<V> operators);

  /**
   * The same by plain loops that share no code with any backend; empty where only backends are
   * compared with each other.
   */
  default Optional<Results> oracle() {
    return Optional.empty();
  }

  /** False where the backend does not open up what the case looks at. */
  default boolean supports(Operators<?> operators) {
    return true;
  }
}
