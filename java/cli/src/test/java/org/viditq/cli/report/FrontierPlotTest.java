package org.viditq.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.viditq.cli.report.FrontierPlot.Point;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class FrontierPlotTest {
  private static final Point SLOW = new Point("w8a8", 2, 50);
  private static final Point FAST = new Point("w8a8, interval:2", 1.2, 36);
  private static final Point BEATEN = new Point("w4a8", 2.1, 31);
  private static final Point EQUAL = new Point("w6a6 <twice>", 2, 40);

  @Test
  void theFrontierIsWhatNoOtherOneBeats() {
    assertThat(FrontierPlot.frontier(List.of(BEATEN, SLOW, EQUAL, FAST)))
        .containsExactly(FAST, SLOW);
  }

  @Test
  void everyPointIsDrawnAndTheFrontierIsLabelled() throws Exception {
    Document svg =
        parse(
            FrontierPlot.svg(
                List.of(SLOW, FAST, BEATEN, EQUAL, new Point("same", 1, Double.NaN)), "picture"));
    assertThat(svg.getElementsByTagName("circle").getLength()).isEqualTo(4);
    assertThat(svg.getDocumentElement().getTextContent())
        .contains("w8a8, interval:2: 36.0 dB, 1.20 s")
        .contains("w6a6 <twice>: 40.0 dB")
        .contains("seconds per picture")
        .doesNotContain("same");
    assertThat(
            svg.getElementsByTagName("polyline")
                .item(0)
                .getAttributes()
                .getNamedItem("points")
                .getNodeValue()
                .split(" "))
        .hasSize(2);
  }

  @Test
  void nothingToShowIsAnEmptyPlot() throws Exception {
    assertThat(
            parse(FrontierPlot.svg(List.of(), "clip")).getElementsByTagName("circle").getLength())
        .isZero();
  }

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }
}
