package org.viditq.cli.console;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.viditq.core.error.Printable;

/**
 * Columns of text aligned by width, two spaces apart; the numbers' columns to the right. Cells are
 * escaped and bounded as {@link Printable#name} does: they may come from files.
 */
public final class TextTable {
  private final boolean[] toTheRight;
  private final List<String[]> rows = new ArrayList<>();

  /**
   * @param header one title per column; a title starting with {@code >} aligns its column right
   */
  public TextTable(String... header) {
    toTheRight = new boolean[header.length];
    String[] titles = new String[header.length];
    for (int i = 0; i < header.length; i++) {
      toTheRight[i] = header[i].startsWith(">");
      titles[i] = toTheRight[i] ? header[i].substring(1) : header[i];
    }
    rows.add(titles);
  }

  public TextTable row(String... cells) {
    if (cells.length != toTheRight.length) {
      throw new IllegalArgumentException(
          cells.length + " cells in a table of " + toTheRight.length + " columns.");
    }
    rows.add(Arrays.stream(cells).map(Printable::name).toArray(String[]::new));
    return this;
  }

  /** The header and the rows, without trailing blanks. */
  public List<String> lines() {
    int[] widths = new int[toTheRight.length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        String padding = " ".repeat(widths[i] - row[i].length());
        line.append(i == 0 ? "" : "  ");
        line.append(toTheRight[i] ? padding + row[i] : row[i] + padding);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
