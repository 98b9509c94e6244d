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

/** Pictures of equal size side by side: one column per plan, one row per prompt. */
public final class ContactSheet {
  private static final int GAP = 6;

  /** Sides shorter than this are enlarged by whole pixels, so that small pictures stay crisp. */
  private static final int SHORTEST_SIDE = 128;

  private ContactSheet() {}

  /**
   * @param columns PNG files, equally many in every column
   * @return the bytes of a PNG file
   */
  public static byte[] of(List<List<byte[]>> columns) {
    try {
      BufferedImage first = read(columns.get(0).get(0));
      int factor = Math.max(1, SHORTEST_SIDE / Math.min(first.getWidth(), first.getHeight()));
      int width = first.getWidth() * factor;
      int height = first.getHeight() * factor;
      int rows = columns.get(0).size();
      BufferedImage sheet =
          new BufferedImage(
              columns.size() * (width + GAP) + GAP,
              rows * (height + GAP) + GAP,
              BufferedImage.TYPE_INT_RGB);
      Graphics2D canvas = sheet.createGraphics();
      canvas.setColor(Color.WHITE);
      canvas.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
      canvas.setRenderingHint(
          RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
      for (int column = 0; column < columns.size(); column++) {
        for (int row = 0; row < rows; row++) {
          canvas.drawImage(
              read(columns.get(column).get(row)),
              GAP + column * (width + GAP),
              GAP + row * (height + GAP),
              width,
              height,
              null);
        }
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

  private static BufferedImage read(byte[] png) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(png));
  }
}
