package org.viditq.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.viditq.cli.report.ComparisonReport.Cell;
import org.viditq.cli.report.ComparisonReport.Difference;
import org.viditq.cli.report.ComparisonReport.Fact;
import org.viditq.cli.report.ComparisonReport.Picture;
import org.viditq.cli.report.ComparisonReport.Scene;
import org.viditq.cli.report.ComparisonReport.Variant;

class ComparisonReportTest {
  private static final byte[] FIRST = {1, 2, 3, 4};
  private static final byte[] SECOND = {5, 6, 7, (byte) 0xff, 9};

  private static final List<String> COLUMNS =
      List.of("Weights", "Smaller by", "PSNR", "SSIM", "Per picture");

  @Test
  void everyPictureIsInsideThePage() {
    String html = report("a red ring").toHtml();
    assertThat(html)
        .contains("data:image/png;base64," + Base64.getEncoder().encodeToString(FIRST))
        .contains("data:image/gif;base64," + Base64.getEncoder().encodeToString(SECOND));
  }

  @Test
  void thePageAsksForNothingElse() {
    assertThat(report("a red ring").toHtml())
        .doesNotContain("http:")
        .doesNotContain("https:")
        .containsOnlyOnce("<script")
        .doesNotContain("<script ")
        .doesNotContain("src=\"/")
        .doesNotContain("<link")
        .doesNotContain("url(")
        .doesNotContain("@import");
  }

  @Test
  void differencesLieBelowTheirPicturesAndNotesBesideTheirFigures() {
    ComparisonReport report =
        new ComparisonReport(
            "t",
            List.of(),
            List.of("PSNR"),
            List.of(new Variant("W4A8", "", List.of(Cell.of("31.4 dB", "two < three")))),
            List.of(
                new Scene(
                    "a ring",
                    "",
                    List.of(
                        new Picture(
                            "W4A8",
                            "w4a8/01.png",
                            "31.4 dB",
                            Optional.of(new Difference("w4a8/01-d.png", "difference × 8")))))),
            List.of(),
            List.of());
    assertThat(report.toHtml())
        .containsSubsequence(
            "<small>two &lt; three</small>",
            "src=\"w4a8/01.png\" alt=\"a ring, W4A8, 31.4 dB\"",
            "src=\"w4a8/01-d.png\" alt=\"a ring, W4A8, difference × 8\"",
            "<figcaption>difference × 8</figcaption>");
  }

  @Test
  void textIsEscaped() {
    assertThat(report("<b>&\"quoted\"").toHtml())
        .contains("&lt;b&gt;&amp;&quot;quoted&quot;")
        .doesNotContain("<b>");
  }

  @Test
  void everyValueOfTheTableIsShown() {
    assertThat(report("a red ring").toHtml())
        .contains("9.20 MiB", "4.71 MiB", "1.95×", "31.4 dB", "0.942", "1.21 s", "Smaller by")
        .containsOnlyOnce("width:63%")
        .containsOnlyOnce("class=\"bar\"")
        .contains("repeat(2, minmax(")
        .contains("<dt>Steps</dt><dd>20</dd>")
        .contains("<li>Order kept.</li>");
  }

  @Test
  void aPictureIsMissing() {
    assertThatThrownBy(
            () ->
                new ComparisonReport(
                    "t",
                    List.of(),
                    COLUMNS,
                    variants(),
                    List.of(new Scene("p", "", List.of(Picture.png("a", FIRST, "")))),
                    List.of(),
                    List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 pictures for 2 variants");
  }

  private static ComparisonReport report(String prompt) {
    return new ComparisonReport(
        "Title",
        List.of("What it shows."),
        COLUMNS,
        variants(),
        List.of(
            new Scene(
                prompt,
                "seed 1000",
                List.of(
                    Picture.png("full precision", FIRST, "reference"),
                    Picture.gif("W4A8", SECOND, "31.4 dB")))),
        List.of("Order kept."),
        List.of(new Fact("Steps", "20")));
  }

  private static List<Variant> variants() {
    return List.of(
        new Variant("full precision", "float16", cells("9.20 MiB", "–", "–", "–", "1.02 s")),
        new Variant(
            "W4A8",
            "4-bit weights",
            List.of(
                Cell.of("4.71 MiB"),
                Cell.of("1.95×"),
                Cell.ofPsnr("31.4 dB", OptionalDouble.of(31.4), ""),
                Cell.of("0.942"),
                Cell.of("1.21 s"))));
  }

  private static List<Cell> cells(String... texts) {
    return Arrays.stream(texts).map(Cell::of).toList();
  }

  @Test
  void aValueIsMissing() {
    assertThatThrownBy(
            () ->
                new ComparisonReport(
                    "t",
                    List.of(),
                    COLUMNS,
                    List.of(new Variant("W4A8", "", cells("4.71 MiB"))),
                    List.of(),
                    List.of(),
                    List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 values for 5 columns");
  }
}
