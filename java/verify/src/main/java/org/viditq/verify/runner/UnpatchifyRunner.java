package org.viditq.verify.runner;

import org.viditq.core.model.layer.Unpatchify;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code unpatchify}: pictures and videos from patch tokens. */
final class UnpatchifyRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    V x = operators.constant(fixture.input("x"));
    int channels = fixture.setting("out_channels").intValue();
    int[] grid = Settings.integers(fixture.setting("grid"));
    V output =
        switch (fixture.variant()) {
          case "2d" ->
              Unpatchify.image(
                  operators,
                  x,
                  grid[0],
                  grid[1],
                  fixture.setting("patch_size").intValue(),
                  channels);
          case "3d" ->
              Unpatchify.video(
                  operators, x, grid, Settings.integers(fixture.setting("patch_size")), channels);
          default -> throw fixture.unknownVariant();
        };
    return new Results().put("output", operators.read(output));
  }
}
