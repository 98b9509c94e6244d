package org.viditq.verify.runner;

import java.util.Optional;
import org.viditq.core.model.layer.AdaLayerNormContinuous;
import org.viditq.core.model.layer.BlockModulation;
import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.Unpatchify;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** The layers around attention: modulation, feed-forward, and what follows the last block. */
final class LayerRunners {
  private LayerRunners() {}

  /** {@code t2i_modulate}: LayerNorm with modulation, and where the modulation comes from. */
  static <V> Results modulation(FixtureCase fixture, Operators<V> operators) {
    if (fixture.hasInput("scale_shift_table")) {
      return modulationTable(fixture, operators);
    }
    V x = operators.constant(fixture.input("x"));
    float eps = fixture.setting("eps").floatValue();
    if (fixture.hasInput("conditioning")) {
      V condition = operators.constant(fixture.input("conditioning"));
      int conditionChannels = operators.shape(condition).dim(-1);
      LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
      AdaLayerNormContinuous<V> norm =
          new AdaLayerNormContinuous<>(loader, conditionChannels, operators.shape(x).dim(-1), eps);
      return new Results().put("output", operators.read(norm.forward(x, condition)));
    }
    V shift = operators.constant(fixture.input("shift"));
    V scale = operators.constant(fixture.input("scale"));
    V normalized = operators.layerNorm(x, Optional.empty(), Optional.empty(), eps);
    return new Results()
        .put("normalized", operators.read(normalized))
        .put("output", operators.read(operators.layerNormModulate(x, shift, scale, eps)));
  }

  private static <V> Results modulationTable(FixtureCase fixture, Operators<V> operators) {
    BlockModulation<V> modulation =
        BlockModulation.of(
            operators,
            operators.constant(fixture.input("scale_shift_table")),
            operators.constant(fixture.input("t")));
    return new Results()
        .put("shift_msa", operators.read(modulation.shiftAttention()))
        .put("scale_msa", operators.read(modulation.scaleAttention()))
        .put("gate_msa", operators.read(modulation.gateAttention()))
        .put("shift_mlp", operators.read(modulation.shiftMlp()))
        .put("scale_mlp", operators.read(modulation.scaleMlp()))
        .put("gate_mlp", operators.read(modulation.gateMlp()));
  }

  /** {@code mlp.gelu_tanh}: feed-forward layers, and the nonlinearities alone. */
  static <V> Results feedForward(FixtureCase fixture, Operators<V> operators) {
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

  /** {@code unpatchify}: pictures and videos from patch tokens. */
  static <V> Results unpatchify(FixtureCase fixture, Operators<V> operators) {
    V x = operators.constant(fixture.input("x"));
    int channels = fixture.setting("out_channels").intValue();
    int[] grid = Settings.integers(fixture.setting("grid"));
    V output =
        switch (fixture.variant()) {
          case "2d" -> {
            int patch = fixture.setting("patch_size").intValue();
            yield Unpatchify.image(operators, x, grid[0], grid[1], patch, channels);
          }
          case "3d" -> {
            int[] patch = Settings.integers(fixture.setting("patch_size"));
            yield Unpatchify.video(operators, x, grid, patch, channels);
          }
          default -> throw fixture.unknownVariant();
        };
    return new Results().put("output", operators.read(output));
  }
}
