package org.viditq.verify.runner;

import org.viditq.core.model.embedding.SinCosTable;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code pos_embed.1d}: the sine-cosine table of the temporal axis. */
final class SequencePositionRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    int dimension = fixture.setting("dim").intValue();
    int length = fixture.setting("length").intValue();
    double timeScale =
        switch (fixture.variant()) {
          case "latte" -> 1;
          case "opensora" -> fixture.setting("time_scale").doubleValue();
          default -> throw fixture.unknownVariant();
        };
    return new Results().put("output", SinCosTable.sequence(dimension, length, timeScale));
  }
}
