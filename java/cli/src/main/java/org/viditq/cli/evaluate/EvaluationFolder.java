package org.viditq.cli.evaluate;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.viditq.cli.picture.ContactSheet;
import org.viditq.cli.report.ComparisonReport;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;

/**
 * The folder of an evaluation: report.html, metrics.json, comparison.png, and a folder of pictures
 * for full precision and for each plan. Appears whole at the end or not at all.
 */
final class EvaluationFolder implements AutoCloseable {
  static final String REPORT = "report.html";
  private static final String METRICS = "metrics.json";
  private static final String COMPARISON = "comparison.png";

  /** Mean and covariance of a folder of pictures that plans were held to, for later runs. */
  static final String REFERENCE_FEATURES = "reference-features.safetensors";

  /** What it holds beside pictures. */
  static final String[] FILES = {REPORT, METRICS, COMPARISON, REFERENCE_FEATURES};

  /** Up to here a page carries its pictures; a larger one would be slow to open. */
  private static final long LARGEST_PAGE = 32L << 20;

  private final AtomicOutput output;

  /**
   * @throws OutputException if the folder cannot be written
   */
  EvaluationFolder(Path folder) {
    output = AtomicOutput.folder(folder);
  }

  /** Where to write pictures. */
  Path path() {
    return output.path();
  }

  /** Writes page, figures and contact sheet beside the pictures, and moves all to its place. */
  void finish(EvaluationReport report, String metrics) {
    try {
      boolean embedded = pictureBytes() <= LARGEST_PAGE;
      ComparisonReport page = report.page(file -> embedded ? data(file) : link(file));
      Files.writeString(path().resolve(REPORT), page.toHtml());
      Files.writeString(path().resolve(METRICS), metrics + "\n");
      Files.write(path().resolve(COMPARISON), sheet(report));
      output.commit();
    } catch (IOException e) {
      throw new OutputException("Cannot write " + output.target() + ": " + IoReason.of(e) + ".", e);
    }
  }

  private long pictureBytes() throws IOException {
    try (Stream<Path> tree = Files.walk(path())) {
      long bytes = 0;
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        if (!file.endsWith(REFERENCE_FEATURES)) {
          bytes += Files.size(file);
        }
      }
      return bytes;
    }
  }

  private String data(String file) {
    try {
      return ComparisonReport.data(
          file.endsWith(".gif") ? "image/gif" : "image/png",
          Files.readAllBytes(path().resolve(file)));
    } catch (IOException e) {
      throw new OutputException(
          "Cannot read " + path().resolve(file) + " again: " + IoReason.of(e) + ".", e);
    }
  }

  /** A relative address; letters beyond ASCII and white space become percent signs. */
  private static String link(String file) {
    try {
      return new URI(null, null, file, null).toASCIIString();
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Of clips, their first frames, which is what a GIF file shows where it does not move. */
  private byte[] sheet(EvaluationReport report) throws IOException {
    List<String> headings = report.plans().stream().map(EvaluatedPlan::name).toList();
    List<String> titles = new ArrayList<>();
    for (int i = 0; i < report.prompts().size(); i++) {
      titles.add(
          ContactSheet.title(i + 1, report.prompts().get(i), report.request().seeds().get(i)));
    }
    List<List<byte[]>> columns = new ArrayList<>();
    for (EvaluatedPlan plan : report.plans()) {
      List<byte[]> column = new ArrayList<>();
      for (EvaluatedPicture picture : plan.pictures()) {
        column.add(Files.readAllBytes(path().resolve(picture.file())));
      }
      columns.add(column);
    }
    return ContactSheet.of(headings, titles, columns);
  }

  @Override
  public void close() {
    output.close();
  }
}
