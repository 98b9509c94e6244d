package org.viditq.verify.runner;

import java.util.Optional;
import org.viditq.core.model.layer.CrossAttention;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code attention.cross}: padded text with a mask, and packed text. */
final class CrossAttentionRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    V x = operators.constant(fixture.input("x"));
    return new Results().put("output", operators.read(attend(fixture, operators, x)));
  }

  private static <V> V attend(FixtureCase fixture, Operators<V> operators, V x) {
    int channels = fixture.setting("dim").intValue();
    int heads = fixture.setting("heads").intValue();
    LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
    V y = operators.constant(fixture.input("y"));
    switch (fixture.variant()) {
      case "diffusers":
        int textChannels = fixture.setting("cross_dim").intValue();
        boolean bias = fixture.setting("bias").booleanValue();
        V mask = operators.constant(fixture.input("mask"));
        return CrossAttention.diffusers(loader, channels, textChannels, heads, bias)
            .forward(x, TextTokens.padded(operators, y, Optional.of(mask)));
      case "opensora":
        return CrossAttention.original(loader, channels, heads)
            .forward(x, TextTokens.packed(operators, y, Optional.of(fixture.input("mask"))));
      default:
        throw fixture.unknownVariant();
    }
  }
}
