package org.viditq.cli.inspect;

import java.awt.Color;
import java.util.List;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.viditq.quantize.activation.GridScope;
import org.viditq.quantize.activation.LayerActivations;

/** The charts of an activation report. */
final class ActivationPlots {
  private static final Color FIRST = new Color(0x38, 0x67, 0xd6);
  private static final Color SECOND = new Color(0xd9, 0x62, 0x1f);

  /** More points than this are not told apart, and make pages large. */
  private static final int MOST_POINTS = 512;

  private ActivationPlots() {}

  /** Signal to noise of all layers with a static scale and with one per token. */
  static PlotFigure overview(List<LayerActivations> layers) {
    double[] x = IntStream.range(0, layers.size()).asDoubleStream().toArray();
    XYChart chart = chart("Signal to noise of each layer's output", "layer", "dB");
    line(chart, "static, per tensor", x, ratios(layers, GridScope.TENSOR), SECOND);
    line(chart, "dynamic, per token", x, ratios(layers, GridScope.TOKEN), FIRST);
    return new PlotFigure("overview", List.of(chart), 1);
  }

  private static double[] ratios(List<LayerActivations> layers, GridScope scope) {
    return layers.stream().mapToDouble(l -> l.signalToNoise().get(scope)).toArray();
  }

  /** The four variations of a layer. */
  static PlotFigure variations(LayerActivations layer) {
    return new PlotFigure(
        layer.layer().name(),
        List.of(channels(layer), tokens(layer), timesteps(layer), branches(layer)),
        2);
  }

  private static XYChart channels(LayerActivations layer) {
    XYChart chart = chart("Channels: largest magnitude", "channel", "|x|");
    profile(chart, layer.branches() > 1 ? "with prompt" : "all", last(layer.channelMax()), FIRST);
    return chart;
  }

  private static XYChart tokens(LayerActivations layer) {
    XYChart chart = chart("Tokens: largest magnitude", "token", "|x|");
    profile(chart, "all", layer.tokenMax(), FIRST);
    return chart;
  }

  private static XYChart timesteps(LayerActivations layer) {
    XYChart chart = chart("Timesteps: largest magnitude", "timestep, 1000 is noise", "|x|");
    double[] x = layer.timesteps().stream().mapToDouble(Double::doubleValue).toArray();
    if (layer.branches() > 1) {
      line(chart, "negative", x, doubles(layer.stepMax().get(0)), SECOND);
    }
    line(
        chart,
        layer.branches() > 1 ? "with prompt" : "all",
        x,
        doubles(last(layer.stepMax())),
        FIRST);
    return chart;
  }

  /** Each channel in one branch against the other. */
  private static XYChart branches(LayerActivations layer) {
    XYChart chart =
        chart("Guidance branches: each channel", "|x| of the negative", "|x| with prompt");
    if (layer.branches() < 2) {
      chart.setTitle("Guidance branches: not apart here");
    }
    double[] x = doubles(layer.channelMax().get(0));
    double[] y = doubles(last(layer.channelMax()));
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    chart.getStyler().setMarkerSize(4);
    chart.addSeries("channels", x, y).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(FIRST);
    double end = Math.max(largest(x), largest(y));
    chart
        .addSeries("equal", new double[] {0, end}, new double[] {0, end})
        .setXYSeriesRenderStyle(XYSeriesRenderStyle.Line)
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(Color.GRAY);
    return chart;
  }

  private static float[] last(List<float[]> branches) {
    return branches.get(branches.size() - 1);
  }

  /** Of many values the largest in each of {@value #MOST_POINTS} groups of neighbours. */
  private static void profile(XYChart chart, String name, float[] values, Color colour) {
    int points = Math.min(values.length, MOST_POINTS);
    double[] x = new double[points];
    double[] y = new double[points];
    for (int i = 0; i < points; i++) {
      int from = (int) ((long) i * values.length / points);
      int to = (int) ((long) (i + 1) * values.length / points);
      x[i] = from;
      for (int j = from; j < to; j++) {
        y[i] = Math.max(y[i], values[j]);
      }
    }
    line(chart, name, x, y, colour);
  }

  private static void line(XYChart chart, String name, double[] x, double[] y, Color colour) {
    chart
        .addSeries(name, x, y)
        .setMarker(x.length == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE)
        .setMarkerColor(colour)
        .setLineColor(colour)
        .setLineWidth(1.5f);
  }

  private static XYChart chart(String title, String x, String y) {
    XYChart chart =
        new XYChartBuilder()
            .width(PlotFigure.WIDTH)
            .height(PlotFigure.HEIGHT)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setPlotBorderVisible(false);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(LegendLayout.Horizontal);
    chart.getStyler().setLegendBorderColor(Color.WHITE);
    chart.getStyler().setYAxisMin(0.0);
    return chart;
  }

  private static double[] doubles(float[] values) {
    double[] result = new double[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = values[i];
    }
    return result;
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, value);
    }
    return largest;
  }
}
