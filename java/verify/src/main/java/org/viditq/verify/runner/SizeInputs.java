package org.viditq.verify.runner;

import java.util.Optional;
import org.viditq.core.model.embedding.SizeConditions;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** The size conditions of a case, where it has any. */
final class SizeInputs {
  private SizeInputs() {}

  /**
   * @param resolution name of the [B, 2] input
   */
  static <V> Optional<SizeConditions<V>> of(
      FixtureCase fixture, Operators<V> operators, String resolution) {
    if (!fixture.hasInput(resolution)) {
      return Optional.empty();
    }
    return Optional.of(
        new SizeConditions<>(
            operators.constant(fixture.input(resolution)),
            operators.constant(fixture.input("aspect_ratio"))));
  }
}
