package org.viditq.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.viditq.cli.report.ComparisonReport.Fact;
import org.viditq.cli.report.Grid.Row;
import org.viditq.cli.report.Grid.Shade;

class GridReportTest {
  private static Grid grid(Shade... cells) {
    return new Grid(
        "Map <b>",
        "Darker is worse.",
        "layer",
        List.of("t 0–500", "t 500–1001"),
        List.of(new Row("q & k", List.of(cells))));
  }

  @Test
  void thePageHoldsValuesAndColoursAndEscapesNames() {
    String page =
        new GridReport(
                "Sensitivity of <model>",
                List.of("What it shows."),
                List.of(grid(new Shade("0.5", 0.5), Shade.NONE)),
                List.of(new Fact("prompts", "a \"cat\"")))
            .toHtml();
    assertThat(page)
        .contains("Sensitivity of &lt;model&gt;")
        .contains("Map &lt;b&gt;")
        .contains("q &amp; k")
        .contains("rgba(56, 103, 214, 0.35)\">0.5</td>")
        .contains("rgba(56, 103, 214, 0.00)\">–</td>")
        .contains("t 500–1001")
        .doesNotContain("{{")
        .doesNotContain("http");
  }

  @Test
  void depthsAreBounded() {
    assertThat(new Shade("", 7).opacity()).isEqualTo("0.70");
    assertThat(new Shade("", -1).opacity()).isEqualTo("0.00");
    assertThat(new Shade("", Double.NaN).opacity()).isEqualTo("0.00");
  }

  @Test
  void rowsFitTheColumns() {
    assertThatThrownBy(() -> grid(Shade.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("q & k");
  }

  @Test
  void aComparisonShowsGrids() {
    ComparisonReport without =
        new ComparisonReport("t", List.of(), List.of(), List.of(), List.of(), List.of(), List.of());
    assertThat(without.toHtml()).doesNotContain("bit widths");
    ComparisonReport with =
        without.withGrids(List.of(grid(new Shade("8 / 8", 0.1), new Shade("4 / 8", 0.6))));
    assertThat(with.toHtml()).contains("bit widths").contains(">4 / 8</td>");
  }
}
