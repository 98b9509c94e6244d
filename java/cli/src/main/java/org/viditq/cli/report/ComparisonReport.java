package org.viditq.cli.report;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.OptionalDouble;

/**
 * One HTML page, without any other file, that sets the pictures of several variants of a model side
 * by side.
 *
 * @param title of the page
 * @param lead what the page shows, one paragraph each
 * @param variants rows of the table and columns of the pictures; the first is what the others are
 *     compared with
 * @param scenes one row of pictures each
 * @param findings sentences below the table
 * @param facts settings and machine
 */
public record ComparisonReport(
    String title,
    List<String> lead,
    List<Variant> variants,
    List<Scene> scenes,
    List<String> findings,
    List<Fact> facts) {

  /**
   * A row of the table; the columns are text as shown, {@code –} for what does not apply.
   *
   * @param name short, also heads a column of pictures
   * @param description one line
   * @param weightBytes of the whole model, as stored
   * @param ratio how many times smaller than the first variant
   * @param layerRatio the same of the quantized layers alone
   * @param psnrShare length of the bar below the PSNR, 0 to 1; empty for no bar
   */
  public record Variant(
      String name,
      String description,
      String weightBytes,
      String ratio,
      String layerRatio,
      String psnr,
      OptionalDouble psnrShare,
      String ssim,
      String seconds,
      String published) {
    /** CSS length of the bar; null, which the template leaves out, for none. */
    String barWidth() {
      return psnrShare.isEmpty()
          ? null
          : Math.round(100 * Math.min(Math.max(psnrShare.getAsDouble(), 0), 1)) + "%";
    }
  }

  /**
   * A prompt with one picture per variant, in their order.
   *
   * @param settings what else decides the picture, such as the seed
   */
  public record Scene(String prompt, String settings, List<Picture> pictures) {
    public Scene {
      pictures = List.copyOf(pictures);
    }
  }

  /**
   * A picture.
   *
   * @param variant name of its variant, for the alternative text
   * @param png the file's bytes
   * @param caption a few words below it
   */
  public record Picture(String variant, byte[] png, String caption) {
    /** The picture inside the page. */
    String dataUri() {
      return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
    }
  }

  /** A line of the settings. */
  public record Fact(String name, String value) {}

  public ComparisonReport {
    lead = List.copyOf(lead);
    variants = List.copyOf(variants);
    scenes = List.copyOf(scenes);
    findings = List.copyOf(findings);
    facts = List.copyOf(facts);
    for (Scene scene : scenes) {
      if (scene.pictures().size() != variants.size()) {
        throw new IllegalArgumentException(
            "Scene '"
                + scene.prompt()
                + "' has "
                + scene.pictures().size()
                + " pictures for "
                + variants.size()
                + " variants.");
      }
    }
  }

  /** Number of picture columns, for the page's grid. */
  int columns() {
    return variants.size();
  }

  /** The page. */
  public String toHtml() {
    return template().execute(this);
  }

  private static Template template() {
    try (Reader reader =
        new InputStreamReader(
            ComparisonReport.class.getResourceAsStream("comparison.html.mustache"),
            StandardCharsets.UTF_8)) {
      return Mustache.compiler().escapeHTML(true).compile(reader);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
