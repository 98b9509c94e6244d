package org.viditq.cli.report;

import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One HTML page, which needs no network and no script of others, that sets the pictures of several
 * variants of a model side by side.
 *
 * @param title of the page
 * @param lead what the page shows, one paragraph each
 * @param columns headings of the table behind the variant's name
 * @param variants rows of the table and columns of the pictures; the first is what the others are
 *     compared with
 * @param scenes one row of pictures each
 * @param findings sentences below the table
 * @param facts settings and machine
 * @param frontier quality against time, a {@link FrontierPlot}; empty for none
 * @param grids coloured tables between table and pictures; may be empty
 */
public record ComparisonReport(
    String title,
    List<String> lead,
    List<String> columns,
    List<Variant> variants,
    List<Scene> scenes,
    List<String> findings,
    List<Fact> facts,
    Optional<String> frontier,
    List<Grid> grids) {

  /**
   * A row of the table.
   *
   * @param name short, also heads a column of pictures
   * @param description one line
   * @param cells one per column, in their order
   */
  public record Variant(String name, String description, List<Cell> cells) {
    public Variant {
      cells = List.copyOf(cells);
    }
  }

  /**
   * A value of the table.
   *
   * @param text as shown, {@code –} for what does not apply
   * @param share length of the bar below it, 0 to 1; empty for no bar
   * @param note a few words beside it, such as why it surprises; may be empty
   */
  public record Cell(String text, OptionalDouble share, String note) {
    /** Bars are full at this PSNR: at 8 bits pictures can hardly be told apart. */
    private static final double FULL_BAR_DECIBEL = 50;

    /** A value without a bar. */
    public static Cell of(String text) {
      return of(text, "");
    }

    /** A value without a bar. */
    public static Cell of(String text, String note) {
      return new Cell(text, OptionalDouble.empty(), note);
    }

    /**
     * A mean PSNR with its bar.
     *
     * @param decibel against the reference; empty for the reference itself
     */
    public static Cell ofPsnr(String text, OptionalDouble decibel, String note) {
      return new Cell(
          text,
          decibel.isPresent()
              ? OptionalDouble.of(decibel.getAsDouble() / FULL_BAR_DECIBEL)
              : decibel,
          note);
    }

    boolean hasNote() {
      return !note.isEmpty();
    }

    /** CSS length of the bar; null, which the template leaves out, for none. */
    String barWidth() {
      return share.isEmpty()
          ? null
          : Math.round(100 * Math.min(Math.max(share.getAsDouble(), 0), 1)) + "%";
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
   * A picture, still or moving.
   *
   * @param variant name of its variant, for the alternative text
   * @param source address of the picture: the picture itself as data, or a file beside the page
   * @param caption a few words below it
   * @param difference where it differs from the first variant's; empty for that one
   */
  public record Picture(
      String variant, String source, String caption, Optional<Difference> difference) {
    /** A PNG file inside the page. */
    public static Picture png(String variant, byte[] file, String caption) {
      return new Picture(variant, data("image/png", file), caption, Optional.empty());
    }

    /** A GIF file inside the page. */
    public static Picture gif(String variant, byte[] file, String caption) {
      return new Picture(variant, data("image/gif", file), caption, Optional.empty());
    }

    /** For the template: none or one. */
    List<Difference> differences() {
      return difference.stream().toList();
    }
  }

  /**
   * A map of differences.
   *
   * @param source as of a picture
   * @param caption what it was multiplied by
   */
  public record Difference(String source, String caption) {}

  /**
   * The address of a file that is inside the page.
   *
   * @param mediaType of the file: image/png, image/gif
   */
  public static String data(String mediaType, byte[] file) {
    return "data:" + mediaType + ";base64," + Base64.getEncoder().encodeToString(file);
  }

  /** A line of the settings. */
  public record Fact(String name, String value) {}

  /** A page without a plot. */
  public ComparisonReport(
      String title,
      List<String> lead,
      List<String> columns,
      List<Variant> variants,
      List<Scene> scenes,
      List<String> findings,
      List<Fact> facts) {
    this(title, lead, columns, variants, scenes, findings, facts, Optional.empty(), List.of());
  }

  /** The same page with a plot. */
  public ComparisonReport withFrontier(String svg) {
    return new ComparisonReport(
        title, lead, columns, variants, scenes, findings, facts, Optional.of(svg), grids);
  }

  /** The same with coloured tables. */
  public ComparisonReport withGrids(List<Grid> tables) {
    return new ComparisonReport(
        title, lead, columns, variants, scenes, findings, facts, frontier, tables);
  }

  public ComparisonReport {
    lead = List.copyOf(lead);
    columns = List.copyOf(columns);
    variants = List.copyOf(variants);
    scenes = List.copyOf(scenes);
    findings = List.copyOf(findings);
    facts = List.copyOf(facts);
    grids = List.copyOf(grids);
    for (Variant variant : variants) {
      if (variant.cells().size() != columns.size()) {
        throw new IllegalArgumentException(
            "Variant '"
                + variant.name()
                + "' has "
                + variant.cells().size()
                + " values for "
                + columns.size()
                + " columns.");
      }
    }
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

  /** For the template: none or one. */
  List<String> plots() {
    return frontier.stream().toList();
  }

  /** For the template. */
  boolean hasGrids() {
    return !grids.isEmpty();
  }

  /** Number of picture columns, for the page's grid. */
  int pictureColumns() {
    return variants.size();
  }

  /** The page. */
  public String toHtml() {
    return Templates.find("comparison").execute(this);
  }
}
