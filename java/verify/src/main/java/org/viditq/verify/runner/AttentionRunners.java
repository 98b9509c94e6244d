package org.viditq.verify.runner;

import java.util.Optional;
import org.viditq.core.model.layer.CrossAttention;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.SelfAttention;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code attention.*}: projections, attention and output projection of every layout. */
final class AttentionRunners {
  private AttentionRunners() {}

  /** {@code attention.self}. */
  static <V> Results self(FixtureCase fixture, Operators<V> operators) {
    int channels = fixture.setting("dim").intValue();
    int heads = fixture.setting("heads").intValue();
    LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
    V x = operators.constant(fixture.input("x"));
    V output =
        switch (fixture.variant()) {
          case "diffusers" -> {
            boolean bias = fixture.setting("bias").booleanValue();
            yield SelfAttention.diffusers(loader, channels, heads, bias).forward(x);
          }
          case "hunyuan" -> {
            V cos = operators.constant(fixture.input("rope_cos"));
            V sin = operators.constant(fixture.input("rope_sin"));
            yield SelfAttention.hunyuan(loader, channels, heads)
                .forward(LinearInput.of(x), cos, sin, Epilogue.none());
          }
          case "opensora" -> {
            boolean fused = fixture.weights().contains("qkv.weight");
            SelfAttention<V> attention =
                fused
                    ? SelfAttention.fused(loader, channels, heads)
                    : SelfAttention.split(loader, channels, heads);
            yield attention.forward(x);
          }
          default -> throw fixture.unknownVariant();
        };
    return new Results().put("output", operators.read(output));
  }

  /** {@code attention.cross}: padded text with a mask, and packed text. */
  static <V> Results cross(FixtureCase fixture, Operators<V> operators) {
    int channels = fixture.setting("dim").intValue();
    int heads = fixture.setting("heads").intValue();
    LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
    V x = operators.constant(fixture.input("x"));
    V y = operators.constant(fixture.input("y"));
    V output =
        switch (fixture.variant()) {
          case "diffusers" -> {
            int textChannels = fixture.setting("cross_dim").intValue();
            boolean bias = fixture.setting("bias").booleanValue();
            V mask = operators.constant(fixture.input("mask"));
            yield CrossAttention.diffusers(loader, channels, textChannels, heads, bias)
                .forward(x, TextTokens.padded(operators, y, Optional.of(mask)));
          }
          case "opensora" ->
              CrossAttention.original(loader, channels, heads)
                  .forward(x, TextTokens.packed(operators, y, Optional.of(fixture.input("mask"))));
          default -> throw fixture.unknownVariant();
        };
    return new Results().put("output", operators.read(output));
  }
}
