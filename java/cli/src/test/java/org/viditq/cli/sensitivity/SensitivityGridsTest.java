package org.viditq.cli.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.viditq.cli.report.Grid;
import org.viditq.cli.report.Grid.Shade;
import org.viditq.core.model.LinearLayer.Type;
import org.viditq.quantize.metric.clip.ClipMetric.Direction;
import org.viditq.quantize.sensitivity.SensitivityTable;
import org.viditq.quantize.sensitivity.SensitivityTable.Layer;
import org.viditq.quantize.sensitivity.SensitivityTable.Metric;
import org.viditq.quantize.sensitivity.SensitivityTable.Result;
import org.viditq.quantize.sensitivity.SensitivityTable.Unit;

class SensitivityGridsTest {
  /** Two units of two types, two ranges, two widths; the wider width has a tenth of the damage. */
  private static SensitivityTable table() {
    List<Result> results = new ArrayList<>();
    for (int unit = 0; unit < 2; unit++) {
      for (int range = 0; range < 2; range++) {
        for (int bits : List.of(8, 4)) {
          double damage = (1 + 2 * unit + range) * (bits == 8 ? 0.1 : 1);
          Map<String, double[]> worsening = new LinkedHashMap<>();
          worsening.put("mse", new double[] {damage, damage});
          worsening.put(unit == 0 ? "ssim" : "scene-alignment", new double[] {0, 2 * damage});
          results.add(new Result(unit, range, bits, worsening));
        }
      }
    }
    return new SensitivityTable(
        Map.of(),
        "w8a8",
        "",
        4,
        2,
        List.of(8, 4),
        List.of(
            new Metric("mse", Direction.LOWER, List.of(0.0)),
            new Metric("ssim", Direction.HIGHER, List.of(1.0)),
            new Metric("scene-alignment", Direction.HIGHER, List.of(0.5))),
        List.of(
            new Unit(
                "blocks.0.attn",
                Type.SELF_ATTENTION,
                "ssim",
                List.of(new Layer("blocks.0.attn.q", List.of(), 10, Map.of(8, 10L, 4, 5L)))),
            new Unit(
                "blocks.0.cross",
                Type.CROSS_ATTENTION,
                "scene-alignment",
                List.of(new Layer("blocks.0.cross.q", List.of(), 10, Map.of(8, 10L, 4, 5L))))),
        results);
  }

  @Test
  void typesByMetric() {
    Grid types = SensitivityGrids.of(table()).get(0);
    assertThat(types.columns()).hasSize(3).first().asString().startsWith("mse");
    assertThat(types.rows())
        .extracting(Grid.Row::name)
        .containsExactly("self attention", "cross attention");
    // Means over the ranges: 1 and 2, 3 and 4.
    assertThat(types.rows().get(0).cells())
        .containsExactly(new Shade("1.50", 1.5 / 3.5), new Shade("1.50", 1), Shade.NONE);
    assertThat(types.rows().get(1).cells())
        .containsExactly(new Shade("3.50", 1), Shade.NONE, new Shade("3.50", 1));
  }

  @Test
  void unitsByRange() {
    List<Grid> grids = SensitivityGrids.of(table());
    assertThat(grids).hasSize(4);
    Grid squared = grids.get(1);
    assertThat(squared.columns()).hasSize(2);
    assertThat(squared.rows()).hasSize(2);
    assertThat(squared.rows().get(1).cells())
        .containsExactly(new Shade("3.00", 1), new Shade("4.00", 1));
    Grid alignment = grids.get(3);
    assertThat(alignment.title()).startsWith("scene-alignment");
    assertThat(alignment.rows()).extracting(Grid.Row::name).containsExactly("blocks.0.cross");
  }
}
