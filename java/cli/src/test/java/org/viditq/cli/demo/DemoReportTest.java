package org.viditq.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.cli.picture.PictureComparison;
import org.viditq.cli.picture.PictureScores;
import org.viditq.quantize.apply.StoredSize;

class DemoReportTest {
  private static final byte[] PNG = {1, 2, 3};

  @Test
  void theTableSetsPlansBesideThePublishedLayers() {
    List<String> table = report(17, 30).table();
    assertThat(table).hasSize(4);
    assertThat(table.get(1)).matches("full precision +9\\.77 KiB +– +– +– +– +1\\.50 s +– +–");
    assertThat(table.get(2))
        .matches(
            "naive +5\\.86 KiB +1\\.67× +2\\.00× +17\\.0 dB +0\\.500 +1\\.50 s +17\\.3 dB"
                + " +0\\.464");
  }

  @Test
  void theOrderIsComparedWithThePublishedOne() {
    assertThat(report(17, 30).findings().get(0))
        .isEqualTo(
            "By PSNR the plans rank as with the published PyTorch layers: naive < balanced.");
    assertThat(report(31, 30).findings().get(0))
        .isEqualTo(
            "By PSNR the plans rank balanced < naive, with the published PyTorch layers naive <"
                + " balanced.");
  }

  @Test
  void theLargestDistanceIsTold() {
    assertThat(report(17, 30).findings().get(1)).contains("at most 6.6 dB (balanced)");
  }

  @Test
  void otherStepsHaveNothingToCompareWith() {
    assertThat(PublishedFigures.of(DemoSettings.OUTLIER, 20).of("w6a6"))
        .contains(new PublishedFigures.Figure(36.6, 0.980));
    assertThat(PublishedFigures.of(DemoSettings.OUTLIER, 10).of("w6a6")).isEmpty();
    assertThat(PublishedFigures.of(DemoSettings.PLAIN, 20).of("w8a8-balanced")).isEmpty();
  }

  @Test
  void identicalPicturesAreNoNumberInJson() {
    ObjectNode json = report(Double.POSITIVE_INFINITY, 30).json();
    assertThat(json.path("plans").path(1).path("psnr").isNull()).isTrue();
    assertThat(json.path("plans").path(2).path("psnr").asDouble()).isEqualTo(30);
    assertThat(json.path("plans").path(2).path("ratio").asDouble()).isEqualTo(10_000 / 6000.0);
    assertThat(json.path("plans").path(2).path("quantizedLayers").path("ratio").asDouble())
        .isEqualTo(2);
    assertThat(json.path("plans").path(0).has("quantizedLayers")).isFalse();
    assertThat(report(Double.POSITIVE_INFINITY, 30).table().get(2)).contains("identical");
  }

  @Test
  void thePageHasAPicturePerPlanAndPrompt() {
    assertThat(report(17, 30).page().toHtml())
        .contains("alt=\"a red ring, balanced, 30.0 dB")
        .contains("outlier variant")
        .contains("quantized 2 ways");
  }

  private static DemoReport report(double naive, double balanced) {
    PublishedFigures published = PublishedFigures.of(DemoSettings.OUTLIER, 20);
    return new DemoReport(
        new DemoSettings(DemoSettings.OUTLIER, 20, 4.5, 8, "reference", "fp32", 2, "1", List.of()),
        List.of(new EvaluationPrompt("a red ring", 1001)),
        List.of(
            new Outcome(
                "full-precision",
                "full precision",
                "",
                new StoredSize(10_000, 10_000, 0, 0),
                List.of(PNG),
                Optional.empty(),
                Optional.empty(),
                1.5,
                Optional.empty()),
            outcome("w8a8-naive", "naive", naive, published),
            outcome("w6a6", "balanced", balanced, published)));
  }

  private static Outcome outcome(
      String plan, String title, double psnr, PublishedFigures published) {
    return new Outcome(
        plan,
        title,
        "",
        new StoredSize(10_000, 6000, 8000, 4000),
        List.of(PNG),
        Optional.of(new PictureScores(List.of(new PictureComparison(psnr, 0.5)))),
        Optional.empty(),
        1.5,
        published.of(plan));
  }
}
