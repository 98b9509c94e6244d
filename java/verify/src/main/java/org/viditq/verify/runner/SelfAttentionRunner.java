package org.viditq.verify.runner;

import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.SelfAttention;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code attention.self}: projections, attention and output projection of every layout. */
final class SelfAttentionRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    V x = operators.constant(fixture.input("x"));
    return new Results().put("output", operators.read(attend(fixture, operators, x)));
  }

  private static <V> V attend(FixtureCase fixture, Operators<V> operators, V x) {
    int channels = fixture.setting("dim").intValue();
    int heads = fixture.setting("heads").intValue();
    LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
    switch (fixture.variant()) {
      case "diffusers":
        boolean bias = fixture.setting("bias").booleanValue();
        return SelfAttention.diffusers(loader, channels, heads, bias).forward(x);
      case "hunyuan":
        V cos = operators.constant(fixture.input("rope_cos"));
        V sin = operators.constant(fixture.input("rope_sin"));
        return SelfAttention.hunyuan(loader, channels, heads)
            .forward(LinearInput.of(x), cos, sin, Epilogue.none());
      case "opensora":
        boolean fused = fixture.weights().contains("qkv.weight");
        return fused
            ? SelfAttention.fused(loader, channels, heads).forward(x)
            : SelfAttention.split(loader, channels, heads).forward(x);
      default:
        throw fixture.unknownVariant();
    }
  }
}
