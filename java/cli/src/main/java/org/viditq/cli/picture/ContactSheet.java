package org.viditq.cli.picture;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * Pictures of equal size side by side: one column per plan, one row per prompt, with the names of
 * both.
 */
public final class ContactSheet {
  private static final int GAP = 6;

  /** Sides shorter than this are enlarged by whole pixels, so that small pictures stay crisp. */
  private static final int SHORTEST_SIDE = 128;

  /** Height of letters relative to the pictures' width, within bounds. */
  private static final double LETTERS = 0.085;

  private static final double SMALLEST_LETTERS = 11;
  private static final double LARGEST_LETTERS = 28;

  /** Of the height of letters. */
  private static final double LINE = 1.6;

  private static final double BASELINE = 1.15;
  private static final Color INK = new Color(0x1b2130);

  private ContactSheet() {}

  /**
   * The title of a row: prompt and seed. Of a prompt in a script that the font of the sheet lacks,
   * its number instead.
   *
   * @param number of the prompt, from 1
   */
  public static String title(int number, String prompt, long seed) {
    String line = prompt.replaceAll("\\s+", " ").strip();
    return (new LabelFont().hasAll(line) ? line : "prompt " + number) + ", seed " + seed;
  }

  /**
   * @param headings of the columns
   * @param titles of the rows
   * @param columns PNG or GIF files, as many in every column as there are titles
   * @return the bytes of a PNG file
   */
  public static byte[] of(List<String> headings, List<String> titles, List<List<byte[]>> columns) {
    try {
      BufferedImage first = read(columns.get(0).get(0));
      int factor = Math.max(1, SHORTEST_SIDE / Math.min(first.getWidth(), first.getHeight()));
      int width = first.getWidth() * factor;
      int height = first.getHeight() * factor;
      double letters = Math.min(LARGEST_LETTERS, Math.max(SMALLEST_LETTERS, LETTERS * width));
      int line = (int) Math.ceil(LINE * letters);
      int row = line + height + GAP;
      BufferedImage sheet =
          new BufferedImage(
              columns.size() * (width + GAP) + GAP,
              GAP + line + titles.size() * row,
              BufferedImage.TYPE_INT_RGB);
      Graphics2D canvas = sheet.createGraphics();
      canvas.setColor(Color.WHITE);
      canvas.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
      canvas.setColor(INK);
      canvas.setRenderingHint(
          RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
      canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      LabelFont font = new LabelFont();
      for (int column = 0; column < columns.size(); column++) {
        int x = GAP + column * (width + GAP);
        String heading = font.fitting(headings.get(column), letters, width);
        font.draw(canvas, heading, x, GAP + BASELINE * letters, letters);
        for (int i = 0; i < titles.size(); i++) {
          int y = GAP + line + i * row + line;
          canvas.drawImage(read(columns.get(column).get(i)), x, y, width, height, null);
        }
      }
      for (int i = 0; i < titles.size(); i++) {
        String title = font.fitting(titles.get(i), letters, sheet.getWidth() - 2.0 * GAP);
        font.draw(canvas, title, GAP, GAP + line + i * row + BASELINE * letters, letters);
      }
      canvas.dispose();
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.setUseCache(false); // a killed process would leave its file in the temporary folder
      ImageIO.write(sheet, "png", bytes);
      return bytes.toByteArray();
    } catch (IOException impossible) {
      // Nothing is read or written but memory.
      throw new UncheckedIOException(impossible);
    }
  }

  private static BufferedImage read(byte[] file) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(file));
  }
}
