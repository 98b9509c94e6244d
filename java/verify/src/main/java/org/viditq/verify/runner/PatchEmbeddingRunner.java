package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import org.viditq.core.model.embedding.GridPositions;
import org.viditq.core.model.embedding.PatchEmbedding;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Shape;
import org.viditq.verify.fixture.FixtureCase;

/** {@code patch_embed.2d} and {@code patch_embed.3d}. */
final class PatchEmbeddingRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
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
      PositionGrid grid = grid(fixture, operators.shape(x), patch.intValue());
      tokens = new GridPositions<>(operators, channels).addTo(tokens, grid);
    }
    return new Results().put("output", operators.read(tokens));
  }

  private static PositionGrid grid(FixtureCase fixture, Shape latents, int patch) {
    return PositionGrid.relativeTo(
        fixture.setting("sample_size").intValue() / patch,
        latents.dim(2) / patch,
        latents.dim(3) / patch,
        fixture.setting("interpolation_scale").doubleValue());
  }
}
