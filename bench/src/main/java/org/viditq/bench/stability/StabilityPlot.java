package org.viditq.bench.stability;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Samples as small line charts, a column per kind of work and a row per quantity. All axes of
 * amounts begin at zero, so that growth looks as large as it is.
 *
 * @param width of the drawing
 * @param height of the drawing
 */
record StabilityPlot(int width, int height, List<Panel> panels) {
  private static final int PANEL_WIDTH = 460;
  private static final int PANEL_HEIGHT = 130;
  private static final int LEFT = 12;
  private static final int TOP = 34;
  private static final int LINE_WIDTH = PANEL_WIDTH - 40;
  private static final int LINE_HEIGHT = PANEL_HEIGHT - 60;

  /**
   * One chart.
   *
   * @param x left edge in the drawing
   * @param y upper edge
   * @param title what is drawn of which work
   * @param most highest value, in words
   * @param last value at the end, in words
   * @param rounds label of the horizontal axis's end
   * @param line points of the polyline, relative to the panel
   */
  record Panel(int x, int y, String title, String most, String last, String rounds, String line) {}

  static String svg(List<StabilityRun> runs) {
    List<Panel> panels = new ArrayList<>();
    Quantity[] quantities = Quantity.values();
    for (int column = 0; column < runs.size(); column++) {
      for (int row = 0; row < quantities.length; row++) {
        panels.add(
            panel(
                runs.get(column),
                quantities[row],
                LEFT + column * PANEL_WIDTH,
                row * PANEL_HEIGHT));
      }
    }
    return template()
        .execute(
            new StabilityPlot(
                LEFT + runs.size() * PANEL_WIDTH, quantities.length * PANEL_HEIGHT, panels));
  }

  private static Panel panel(StabilityRun run, Quantity quantity, int x, int y) {
    long[] values = quantity.of(run.samples());
    long most = Arrays.stream(values).max().orElse(0);
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < values.length; i++) {
      double across = LINE_WIDTH * (double) run.samples().get(i).done() / run.rounds();
      double down = TOP + LINE_HEIGHT * (1 - (most == 0 ? 0 : (double) values[i] / most));
      line.append(String.format(Locale.ROOT, "%.1f,%.1f ", across, down));
    }
    return new Panel(
        x,
        y,
        quantity.title() + ", " + run.name(),
        quantity.text(most),
        quantity.text(values[values.length - 1]),
        Integer.toString(run.rounds()),
        line.toString().strip());
  }

  /** Lower end of the vertical axis, relative to a panel. */
  int floor() {
    return TOP + LINE_HEIGHT;
  }

  int ceiling() {
    return TOP;
  }

  int right() {
    return LINE_WIDTH;
  }

  private static Template template() {
    try (Reader reader =
        new InputStreamReader(
            StabilityPlot.class.getResourceAsStream("stability.svg.mustache"),
            StandardCharsets.UTF_8)) {
      return Mustache.compiler().escapeHTML(true).compile(reader);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
