package org.viditq.cli.picture;

import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.GeneralPath;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.fontbox.ttf.CmapLookup;
import org.apache.fontbox.ttf.GlyphData;
import org.apache.fontbox.ttf.TTFParser;
import org.apache.fontbox.ttf.TrueTypeFont;
import org.apache.pdfbox.io.RandomAccessReadBuffer;
import org.apache.pdfbox.pdmodel.font.PDFont;

/**
 * Text in pictures, drawn as filled outlines of Liberation Sans, which comes as a file of a
 * library. Java's own text needs fontconfig and an installed font, which headless machines lack,
 * and looks different on each of the others.
 */
final class LabelFont {
  private static final String FILE = "/org/apache/pdfbox/resources/ttf/LiberationSans-Regular.ttf";

  private final TrueTypeFont font;
  private final CmapLookup characters;
  private final double unitsPerEm;

  LabelFont() {
    try (InputStream file = PDFont.class.getResourceAsStream(FILE)) {
      font = new TTFParser().parse(new RandomAccessReadBuffer(file));
      characters = font.getUnicodeCmapLookup();
      unitsPerEm = font.getUnitsPerEm();
    } catch (IOException impossible) {
      // It is a resource of a library that is always there.
      throw new UncheckedIOException(impossible);
    }
  }

  /** Whether the font has every character of a text. */
  boolean hasAll(String text) {
    return text.codePoints().allMatch(character -> characters.getGlyphId(character) != 0);
  }

  /** Width of a text in pixels. */
  double width(String text, double size) {
    return text.codePoints().mapToDouble(character -> advance(character, size)).sum();
  }

  /** The longest beginning of a text that is not wider than {@code most}, with an ellipsis. */
  String fitting(String text, double size, double most) {
    if (width(text, size) <= most) {
      return text;
    }
    int end = text.length();
    while (end > 0 && width(text.substring(0, end) + "…", size) > most) {
      end = text.offsetByCodePoints(end, -1);
    }
    return text.substring(0, end).strip() + "…";
  }

  /**
   * Fills the outlines of a text in the canvas's colour.
   *
   * @param x left end
   * @param y of the line that letters stand on
   * @param size of the font in pixels
   */
  void draw(Graphics2D canvas, String text, double x, double y, double size) {
    double at = x;
    for (int character : text.codePoints().toArray()) {
      GeneralPath outline = outline(character);
      AffineTransform place = AffineTransform.getTranslateInstance(at, y);
      place.scale(size / unitsPerEm, -size / unitsPerEm);
      canvas.fill(place.createTransformedShape(outline));
      at += advance(character, size);
    }
  }

  private double advance(int character, double size) {
    try {
      return font.getAdvanceWidth(characters.getGlyphId(character)) * size / unitsPerEm;
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private GeneralPath outline(int character) {
    try {
      GlyphData glyph = font.getGlyph().getGlyph(characters.getGlyphId(character));
      return glyph == null ? new GeneralPath() : glyph.getPath();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }
}
