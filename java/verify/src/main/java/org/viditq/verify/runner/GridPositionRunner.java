package org.viditq.verify.runner;

import org.viditq.core.model.embedding.CropRegion;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.embedding.RotaryTable;
import org.viditq.core.model.embedding.SinCosTable;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code pos_embed.2d}: sine-cosine and rotary tables of a grid of patches. */
final class GridPositionRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    int height = fixture.setting("grid_size").get(0).intValue();
    int width = fixture.setting("grid_size").get(1).intValue();
    if (fixture.variant().equals("hunyuan_rope")) {
      return rotary(fixture, height, width);
    }
    PositionGrid grid =
        switch (fixture.variant()) {
          case "diffusers" -> relative(fixture, height, width, "interpolation_scale");
          case "pixart" -> relative(fixture, height, width, "pe_interpolation");
          case "opensora" ->
              PositionGrid.absolute(height, width, fixture.setting("space_scale").doubleValue());
          default -> throw fixture.unknownVariant();
        };
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
}
