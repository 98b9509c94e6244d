package org.viditq.cli.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Quality against time, a point per variant, as SVG for a page: those that no other one beats in
 * both are joined by a line. The page's style gives the colours.
 */
public final class FrontierPlot {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 380;
  private static final int LEFT = 56;
  private static final int RIGHT = 190;
  private static final int TOP = 16;
  private static final int BOTTOM = 48;
  private static final int TICKS = 5;

  /** Letters of a label take about so many pixels in height. */
  private static final int LABEL = 13;

  private FrontierPlot() {}

  /**
   * A variant.
   *
   * @param seconds that a picture takes
   * @param psnr against the reference, dB; points whose PSNR is not finite are left out
   */
  public record Point(String name, double seconds, double psnr) {}

  /** The fastest of each quality: points that no other one beats, the fastest first. */
  static List<Point> frontier(List<Point> points) {
    List<Point> best = new ArrayList<>();
    for (Point point :
        points.stream()
            .sorted(
                Comparator.comparingDouble(Point::seconds)
                    .thenComparing(Comparator.comparingDouble(Point::psnr).reversed()))
            .toList()) {
      if (best.isEmpty() || point.psnr() > best.get(best.size() - 1).psnr()) {
        best.add(point);
      }
    }
    return best;
  }

  /**
   * The plot.
   *
   * @param thing what takes the seconds: picture or clip
   */
  public static String svg(List<Point> all, String thing) {
    List<Point> points = all.stream().filter(point -> Double.isFinite(point.psnr())).toList();
    List<Point> frontier = frontier(points);
    Axis x = Axis.to(points.stream().mapToDouble(Point::seconds).max().orElse(1));
    Axis y = Axis.to(points.stream().mapToDouble(Point::psnr).max().orElse(1));
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"PSNR against seconds per %s\""
                + " style=\"width:100%%;max-width:%dpx;height:auto;font-size:12px\">",
            WIDTH,
            HEIGHT,
            thing,
            WIDTH));
    for (int i = 0; i <= TICKS; i++) {
      double value = y.end() * i / TICKS;
      line(svg, LEFT, y(y, value), WIDTH - RIGHT, y(y, value), "var(--line)");
      text(svg, LEFT - 8, y(y, value) + 4, "end", Axis.label(value));
      double seconds = x.end() * i / TICKS;
      text(svg, x(x, seconds), HEIGHT - BOTTOM + 18, "middle", Axis.label(seconds));
    }
    text(svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, "middle", "seconds per " + thing);
    text(svg, LEFT, TOP - 4, "end", "dB");
    StringBuilder path = new StringBuilder();
    for (Point point : frontier) {
      path.append(
          String.format(Locale.ROOT, "%.1f,%.1f ", x(x, point.seconds()), y(y, point.psnr())));
    }
    svg.append("<polyline fill=\"none\" stroke=\"var(--accent)\" points=\"")
        .append(path.toString().trim())
        .append("\"/>");
    double free = Double.POSITIVE_INFINITY;
    List<Point> labelled = new ArrayList<>(points);
    labelled.sort(Comparator.comparingDouble(Point::psnr));
    for (Point point : labelled) {
      boolean best = frontier.contains(point);
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"var(--%s)\"><title>%s: %.1f dB,"
                  + " %.2f s</title></circle>",
              x(x, point.seconds()),
              y(y, point.psnr()),
              best ? "accent" : "muted",
              escape(point.name()),
              point.psnr(),
              point.seconds()));
      if (best) {
        // From below upwards, each label above the one before.
        free = Math.min(y(y, point.psnr()) + 4, free - LABEL);
        text(svg, x(x, point.seconds()) + 9, free, "start", point.name());
      }
    }
    return svg.append("</svg>").toString();
  }

  /** From 0 to a round number. */
  private record Axis(double end) {
    static Axis to(double largest) {
      double unit = Math.pow(10, Math.floor(Math.log10(Math.max(largest, 1e-6))));
      return new Axis(Math.ceil(largest / unit * 2) / 2 * unit);
    }

    static String label(double value) {
      return String.format(Locale.ROOT, value >= 10 ? "%.0f" : "%.2f", value);
    }
  }

  private static double x(Axis axis, double value) {
    return LEFT + value / axis.end() * (WIDTH - LEFT - RIGHT);
  }

  private static double y(Axis axis, double value) {
    return HEIGHT - BOTTOM - value / axis.end() * (HEIGHT - TOP - BOTTOM);
  }

  private static void line(
      StringBuilder svg, double x1, double y1, double x2, double y2, String colour) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>",
            x1,
            y1,
            x2,
            y2,
            colour));
  }

  private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"var(--muted)\">%s</text>",
            x,
            y,
            anchor,
            escape(text)));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
