package org.viditq.cli.inspect;

import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.report.ComparisonReport;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.quantize.activation.GridScope;
import org.viditq.quantize.activation.LayerActivations;

/** The folder of an activation report. Appears whole at the end or not at all. */
final class ActivationFolder implements AutoCloseable {
  static final String REPORT = "activations.html";
  private static final String FIGURES = "activations.json";
  private static final String PLOTS = "plots";

  /** What it holds beside plots. */
  static final String[] FILES = {REPORT, FIGURES};

  private final AtomicOutput output;

  /**
   * @throws OutputException if the folder cannot be written
   * @throws org.viditq.core.error.UsageException if nothing can be plotted here
   */
  ActivationFolder(Path folder) {
    PlotFigure.requireFonts();
    output = AtomicOutput.folder(folder);
  }

  /**
   * Writes page, figures and plots, and moves all to its place.
   *
   * @param count see {@link ActivationReport#worst}
   */
  void finish(ActivationReport report, int count) {
    try {
      Path plots = Files.createDirectories(output.path().resolve(PLOTS));
      List<Map<String, String>> figures = new ArrayList<>();
      figures.add(
          write(plots, 0, ActivationPlots.overview(report.layers()), "All layers, in their order"));
      for (LayerActivations layer : report.worst(count)) {
        figures.add(write(plots, figures.size(), ActivationPlots.variations(layer), title(layer)));
      }
      Files.writeString(output.path().resolve(REPORT), page(report, figures));
      Files.writeString(output.path().resolve(FIGURES), Console.toJson(report.json()) + "\n");
      output.commit();
    } catch (IOException e) {
      throw new OutputException("Cannot write " + output.target() + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static String title(LayerActivations layer) {
    return layer.layer().name()
        + ", "
        + layer.layer().type().label()
        + ": a static scale loses "
        + Quantities.decibel(layer.staticLoss());
  }

  /** Names of layers are from files; a number goes before them, and other signs become dashes. */
  private static Map<String, String> write(Path plots, int number, PlotFigure figure, String title)
      throws IOException {
    String safe = figure.name().replaceAll("[^A-Za-z0-9._]", "-");
    String name =
        String.format(
            Locale.ROOT, "%02d-%s", number, safe.substring(0, Math.min(80, safe.length())));
    byte[] png = figure.png();
    Files.write(plots.resolve(name + ".svg"), figure.svg());
    Files.write(plots.resolve(name + ".png"), png);
    // SVG files of the library are ten times as large.
    return Map.of("title", title, "source", ComparisonReport.data("image/png", png));
  }

  private static String page(ActivationReport report, List<Map<String, String>> figures)
      throws IOException {
    List<Map<String, String>> rows = new ArrayList<>();
    for (LayerActivations layer : report.layers()) {
      rows.add(
          Map.of(
              "name", layer.layer().name(),
              "type",
                  layer.layer().type().label()
                      + (layer.layer().quantizedByDefault()
                          ? ""
                          : ", in full precision by default"),
              "channels", ActivationReport.factor(layer.variations().channels()),
              "tokens", ActivationReport.factor(layer.variations().tokens()),
              "timesteps", ActivationReport.factor(layer.variations().timesteps()),
              "branches",
                  layer.branches() > 1
                      ? ActivationReport.factor(layer.variations().branches())
                      : "–",
              "static", Quantities.decibel(layer.signalToNoise().get(GridScope.TENSOR)),
              "token", Quantities.decibel(layer.signalToNoise().get(GridScope.TOKEN)),
              "channel", Quantities.decibel(layer.signalToNoise().get(GridScope.CHANNEL)),
              "lost", Quantities.decibel(layer.staticLoss())));
    }
    try (Reader reader =
        new InputStreamReader(
            ActivationFolder.class.getResourceAsStream("activations.html.mustache"),
            StandardCharsets.UTF_8)) {
      return Mustache.compiler()
          .escapeHTML(true)
          .compile(reader)
          .execute(
              Map.of(
                  "model", report.model(),
                  "bits", report.bits(),
                  "findings", report.findings(),
                  "figures", figures,
                  "rows", rows,
                  "facts", report.facts()));
    }
  }

  @Override
  public void close() {
    output.close();
  }
}
