package org.viditq.verify.runner;

import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code mlp.gelu_tanh}: feed-forward layers, and the nonlinearities alone. */
final class MlpRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    V x = operators.constant(fixture.input("x"));
    if (fixture.variant().equals("activation")) {
      return new Results()
          .put("output", operators.read(operators.activate(x, Activation.GELU_TANH)))
          .put("gelu_erf", operators.read(operators.activate(x, Activation.GELU_ERF)))
          .put("silu", operators.read(operators.activate(x, Activation.SILU)));
    }
    int channels = fixture.setting("dim").intValue();
    int hidden = fixture.setting("hidden").intValue();
    LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
    FeedForward<V> mlp =
        switch (fixture.variant()) {
          case "diffusers" -> FeedForward.diffusers(loader, channels, hidden);
          case "opensora" -> FeedForward.original(loader, channels, hidden);
          default -> throw fixture.unknownVariant();
        };
    return new Results().put("output", operators.read(mlp.forward(x)));
  }
}
