package org.viditq.core.model.vae;

import java.util.function.UnaryOperator;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/** Computes a chain of values of which only the last one takes memory. */
final class Steps {
  private Steps() {}

  /**
   * The value behind {@code x}, which it takes the place of if {@code x} belongs to the innermost
   * scope that is open; of the other values that {@code step} makes nothing is left.
   */
  static <V> V next(Operators<V> operators, V x, UnaryOperator<V> step) {
    try (Scope<V> scope = operators.scope()) {
      return scope.replace(x, step.apply(x));
    }
  }
}
