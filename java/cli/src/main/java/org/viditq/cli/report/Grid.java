package org.viditq.cli.report;

import java.util.List;
import java.util.Locale;

/**
 * A table whose cells are coloured by their values: a heat map, or a map of bit widths. The values
 * are printed in the cells, so that nothing is told by colour alone.
 *
 * @param title above it
 * @param caption below the title, a sentence about what the colours mean
 * @param corner heading of the rows' names
 * @param columns headings
 * @param rows one line each
 */
public record Grid(
    String title, String caption, String corner, List<String> columns, List<Row> rows) {
  /** Where text is still read well on the deepest colour, in both schemes of the page. */
  private static final double DEEPEST = 0.7;

  /** A line. */
  public record Row(String name, List<Shade> cells) {
    public Row {
      cells = List.copyOf(cells);
    }
  }

  /**
   * A cell.
   *
   * @param text in it
   * @param depth of its colour, 0 for none to 1
   */
  public record Shade(String text, double depth) {
    /** Nothing was measured, or nothing applies. */
    public static final Shade NONE = new Shade("–", 0);

    /** For the template: how opaque the colour is. */
    String opacity() {
      double share = Double.isFinite(depth) ? Math.min(Math.max(depth, 0), 1) : 0;
      return String.format(Locale.ROOT, "%.2f", DEEPEST * share);
    }
  }

  public Grid {
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
    for (Row row : rows) {
      if (row.cells().size() != columns.size()) {
        throw new IllegalArgumentException(
            "Row '"
                + row.name()
                + "' has "
                + row.cells().size()
                + " cells for "
                + columns.size()
                + " columns.");
      }
    }
  }
}
