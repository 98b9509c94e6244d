package org.viditq.cli.inspect;

import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.font.FontRenderContext;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.viditq.core.error.UsageException;

/**
 * Charts side by side, as PNG and as SVG.
 *
 * @param name begins the names of its files
 * @param charts row by row
 * @param columns in a row
 */
record PlotFigure(String name, List<XYChart> charts, int columns) {
  /** Of a chart, in pixels. */
  static final int WIDTH = 560;

  /** Of a chart, in pixels. */
  static final int HEIGHT = 320;

  PlotFigure {
    charts = List.copyOf(charts);
  }

  /**
   * The plotting library measures its labels with Java's fonts.
   *
   * @throws UsageException if this machine has none
   */
  static void requireFonts() {
    try {
      new Font(Font.SANS_SERIF, Font.PLAIN, 10)
          .getStringBounds("x", new FontRenderContext(null, true, true));
    } catch (RuntimeException | Error none) {
      throw new UsageException(
          "Plots need a font, and Java finds none here; install fontconfig and a font such as"
              + " DejaVu, or leave --out away for figures without plots.",
          none);
    }
  }

  private int rows() {
    return (charts.size() + columns - 1) / columns;
  }

  private int width() {
    return columns * WIDTH;
  }

  private int height() {
    return rows() * HEIGHT;
  }

  private void paint(Graphics2D graphics) {
    for (int i = 0; i < charts.size(); i++) {
      Graphics2D own = (Graphics2D) graphics.create();
      own.translate(i % columns * WIDTH, i / columns * HEIGHT);
      charts.get(i).paint(own, WIDTH, HEIGHT);
      own.dispose();
    }
  }

  byte[] png() {
    BufferedImage image = new BufferedImage(width(), height(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    paint(graphics);
    graphics.dispose();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", bytes);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  byte[] svg() {
    VectorGraphics2D graphics = new VectorGraphics2D();
    paint(graphics);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      new SVGProcessor()
          .getDocument(graphics.getCommands(), new PageSize(0, 0, width(), height()))
          .writeTo(bytes);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }
}
