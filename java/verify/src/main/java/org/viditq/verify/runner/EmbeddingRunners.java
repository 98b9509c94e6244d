package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import org.viditq.core.model.embedding.AdaLayerNormSingle;
import org.viditq.core.model.embedding.CaptionEmbedder;
import org.viditq.core.model.embedding.CaptionProjection;
import org.viditq.core.model.embedding.CropRegion;
import org.viditq.core.model.embedding.GridPositions;
import org.viditq.core.model.embedding.PatchEmbedding;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.embedding.RotaryTable;
import org.viditq.core.model.embedding.SinCosTable;
import org.viditq.core.model.embedding.SizeConditions;
import org.viditq.core.model.embedding.TimestepEmbedder;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** What becomes of text, timesteps, patches and positions before the blocks of a transformer. */
final class EmbeddingRunners {
  private EmbeddingRunners() {}

  /** {@code caption_projection}: text features to transformer channels. */
  static <V> Results caption(FixtureCase fixture, Operators<V> operators) {
    V caption = operators.constant(fixture.input("caption"));
    int textChannels = fixture.setting("in_features").intValue();
    int hidden = fixture.setting("hidden").intValue();
    LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
    if (fixture.variant().equals("opensora")) {
      int tokens = fixture.setting("token_num").intValue();
      CaptionEmbedder<V> embedder = new CaptionEmbedder<>(loader, tokens, textChannels, hidden);
      V dropped = embedder.forward(caption, flags(fixture.integers("drop_ids")));
      return new Results()
          .put("output", operators.read(embedder.forward(caption)))
          .put("output_dropped", operators.read(dropped));
    }
    Activation activation =
        switch (fixture.setting("act").asText()) {
          case "gelu_tanh" -> Activation.GELU_TANH;
          case "silu" -> Activation.SILU;
          default -> throw fixture.unknownVariant();
        };
    int channels = fixture.setting("out_features").intValue();
    V projected =
        CaptionProjection.diffusers(loader, textChannels, hidden, channels, activation)
            .forward(caption);
    return output(operators, projected);
  }

  private static boolean[] flags(int[] ids) {
    boolean[] flags = new boolean[ids.length];
    for (int i = 0; i < ids.length; i++) {
      flags[i] = ids[i] == 1;
    }
    return flags;
  }

  /** {@code timestep_embedding}: sinusoids, their MLP, and adaLN-single with size conditions. */
  static <V> Results timestep(FixtureCase fixture, Operators<V> operators) {
    V timesteps = operators.constant(fixture.input("t"));
    LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
    switch (fixture.variant()) {
      case "diffusers":
        boolean flip = fixture.setting("flip_sin_to_cos").booleanValue();
        float shift = fixture.setting("downscale_freq_shift").floatValue();
        return output(operators, sinusoid(fixture, operators, timesteps, flip, shift));
      case "opensora":
        return output(operators, sinusoid(fixture, operators, timesteps, true, 0));
      case "opensora_mlp":
        int channels = fixture.setting("hidden").intValue();
        return output(operators, TimestepEmbedder.original(loader, channels).forward(timesteps));
      case "adaln_single":
        return adaLayerNormSingle(fixture, loader, timesteps);
      default:
        throw fixture.unknownVariant();
    }
  }

  private static <V> V sinusoid(
      FixtureCase fixture, Operators<V> operators, V timesteps, boolean flip, float shift) {
    return operators.timestepEmbedding(timesteps, fixture.setting("dim").intValue(), flip, shift);
  }

  private static <V> Results adaLayerNormSingle(
      FixtureCase fixture, LayerLoader<V> loader, V timesteps) {
    Operators<V> operators = loader.operators();
    boolean conditions = fixture.setting("use_additional_conditions").booleanValue();
    int channels = fixture.setting("hidden").intValue();
    Optional<SizeConditions<V>> sizes =
        fixture.hasInput("resolution")
            ? Optional.of(
                new SizeConditions<>(
                    operators.constant(fixture.input("resolution")),
                    operators.constant(fixture.input("aspect_ratio"))))
            : Optional.empty();
    AdaLayerNormSingle.Output<V> output =
        AdaLayerNormSingle.diffusers(loader, channels, conditions).forward(timesteps, sizes);
    return output(operators, output.modulation())
        .put("embedded_timestep", operators.read(output.embedded()));
  }

  /** {@code patch_embed.2d} and {@code patch_embed.3d}. */
  static <V> Results patches(FixtureCase fixture, Operators<V> operators) {
    V x = operators.constant(fixture.input("x"));
    int channels = fixture.setting("dim").intValue();
    LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
    JsonNode patch = fixture.setting("patch_size");
    int[] extents =
        patch.isArray() ? Settings.integers(patch) : new int[] {patch.intValue(), patch.intValue()};
    V tokens =
        new PatchEmbedding<>(loader, fixture.setting("in_channels").intValue(), channels, extents)
            .forward(x);
    if (fixture.config().path("adds_pos_embed").booleanValue()) {
      PositionGrid grid =
          PositionGrid.ofLatents(
              fixture.setting("sample_size").intValue(),
              patch.intValue(),
              operators.shape(x),
              fixture.setting("interpolation_scale").doubleValue());
      tokens = new GridPositions<>(operators, channels).addTo(tokens, grid);
    }
    return output(operators, tokens);
  }

  /** {@code pos_embed.1d}: the sine-cosine table of the temporal axis. */
  static Results positionsInTime(FixtureCase fixture) {
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

  /** {@code pos_embed.2d}: sine-cosine and rotary tables of a grid of patches. */
  static Results positionsOnGrid(FixtureCase fixture) {
    int height = fixture.setting("grid_size").get(0).intValue();
    int width = fixture.setting("grid_size").get(1).intValue();
    PositionGrid grid;
    switch (fixture.variant()) {
      case "diffusers":
        grid = relative(fixture, height, width, "interpolation_scale");
        break;
      case "pixart":
        grid = relative(fixture, height, width, "pe_interpolation");
        break;
      case "opensora":
        double scale = fixture.setting("space_scale").doubleValue();
        grid = PositionGrid.absolute(height, width, scale);
        break;
      case "hunyuan_rope":
        return rotary(fixture, height, width);
      default:
        throw fixture.unknownVariant();
    }
    return new Results().put("output", SinCosTable.grid(fixture.setting("dim").intValue(), grid));
  }

  private static PositionGrid relative(
      FixtureCase fixture, int height, int width, String scaleKey) {
    int base = fixture.setting("base_size").intValue();
    return PositionGrid.relativeTo(base, height, width, fixture.setting(scaleKey).doubleValue());
  }

  private static Results rotary(FixtureCase fixture, int height, int width) {
    int base = fixture.setting("base_size").intValue();
    CropRegion crop = CropRegion.fit(height, width, base);
    RotaryTable table =
        RotaryTable.grid(fixture.setting("head_dim").intValue(), height, width, base);
    return new Results()
        .put("crop", new int[] {crop.top(), crop.left(), crop.bottom(), crop.right()}, 2, 2)
        .put("cos", table.cos())
        .put("sin", table.sin());
  }

  private static <V> Results output(Operators<V> operators, V output) {
    return new Results().put("output", operators.read(output));
  }
}
