package org.viditq.verify.runner;

import java.util.Optional;
import org.viditq.core.model.embedding.AdaLayerNormSingle;
import org.viditq.core.model.embedding.SizeConditions;
import org.viditq.core.model.embedding.TimestepEmbedder;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code timestep_embedding}: sinusoids, their MLP, and adaLN-single with size conditions. */
final class TimestepEmbeddingRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    V timesteps = operators.constant(fixture.input("t"));
    switch (fixture.variant()) {
      case "diffusers":
        boolean flip = fixture.setting("flip_sin_to_cos").booleanValue();
        float shift = fixture.setting("downscale_freq_shift").floatValue();
        return embedded(operators, sinusoid(fixture, operators, timesteps, flip, shift));
      case "opensora":
        return embedded(operators, sinusoid(fixture, operators, timesteps, true, 0));
      case "opensora_mlp":
        LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
        return embedded(
            operators,
            TimestepEmbedder.original(loader, fixture.setting("hidden").intValue())
                .forward(timesteps));
      case "adaln_single":
        return adaLayerNormSingle(fixture, operators, timesteps);
      default:
        throw fixture.unknownVariant();
    }
  }

  private static <V> V sinusoid(
      FixtureCase fixture, Operators<V> operators, V timesteps, boolean flip, float shift) {
    return operators.timestepEmbedding(timesteps, fixture.setting("dim").intValue(), flip, shift);
  }

  private static <V> Results adaLayerNormSingle(
      FixtureCase fixture, Operators<V> operators, V timesteps) {
    boolean conditions = fixture.setting("use_additional_conditions").booleanValue();
    int channels = fixture.setting("hidden").intValue();
    LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
    AdaLayerNormSingle.Output<V> output =
        AdaLayerNormSingle.diffusers(loader, channels, conditions)
            .forward(timesteps, sizes(fixture, operators));
    return new Results()
        .put("embedded_timestep", operators.read(output.embedded()))
        .put("output", operators.read(output.modulation()));
  }

  private static <V> Optional<SizeConditions<V>> sizes(
      FixtureCase fixture, Operators<V> operators) {
    return fixture.hasInput("resolution")
        ? Optional.of(
            new SizeConditions<>(
                operators.constant(fixture.input("resolution")),
                operators.constant(fixture.input("aspect_ratio"))))
        : Optional.empty();
  }

  private static <V> Results embedded(Operators<V> operators, V output) {
    return new Results().put("output", operators.read(output));
  }
}
