package org.viditq.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.viditq.core.pipeline.Image;
import org.viditq.core.tensor.Tensor;
import org.viditq.media.PngPicture;
import org.viditq.media.Provenance;

class ContactSheetTest {
  private static final int GAP = 6;

  /** 64 wide and 32 high become 256 by 128; letters have 21.76 pixels and a line 1.6 times that. */
  private static final int LINE = 35;

  @Test
  void columnsStandSideBySideEnlargedByWholePixels() throws IOException {
    BufferedImage picture = sheet(List.of("a", "b", "c"));
    assertThat(picture.getWidth()).isEqualTo(GAP + 3 * (256 + GAP));
    assertThat(picture.getHeight()).isEqualTo(GAP + LINE + 2 * (LINE + 128 + GAP));
    int top = GAP + 2 * LINE;
    assertThat(picture.getRGB(0, 0) & 0xff).isEqualTo(255);
    assertThat(picture.getRGB(GAP, top) & 0xff).isZero();
    assertThat(picture.getRGB(GAP + 262, top) & 0xff).isEqualTo(102);
    int second = top + 128 + GAP + LINE;
    assertThat(picture.getRGB(GAP + 255, second + 127) & 0xff).isEqualTo(51);
    assertThat(picture.getRGB(GAP + 2 * 262, second) & 0xff).isEqualTo(255);
  }

  @Test
  void everyColumnAndRowIsNamed() throws IOException {
    BufferedImage picture = sheet(List.of("w8a8", "w6a6-dynamic", "\u00FCber"));
    for (int column = 0; column < 3; column++) {
      assertThat(ink(picture, GAP + column * 262, GAP, 256, LINE)).isGreaterThan(100);
    }
    for (int row = 0; row < 2; row++) {
      int y = GAP + LINE + row * (LINE + 128 + GAP);
      assertThat(ink(picture, GAP, y, 256, LINE)).isGreaterThan(100);
    }
    assertThat(ink(sheet(List.of("", "", "")), GAP, GAP, 3 * 262, LINE)).isZero();
  }

  @Test
  void aLongNameEndsInItsColumn() throws IOException {
    BufferedImage picture = sheet(List.of("a".repeat(500), "", ""));
    assertThat(ink(picture, GAP, GAP, 256, LINE)).isGreaterThan(1000);
    assertThat(ink(picture, GAP + 262, GAP, 2 * 262 - GAP, LINE)).isZero();
  }

  @Test
  void aScriptThatTheFontLacksIsNumbered() {
    assertThat(ContactSheet.title(3, "un  caf\u00E9\n\u0440\u0443\u0436", 7))
        .isEqualTo("un caf\u00E9 \u0440\u0443\u0436, seed 7");
    assertThat(ContactSheet.title(3, "\u4E00\u53EA\u732B", 7)).isEqualTo("prompt 3, seed 7");
  }

  /** Java's own text fails where fontconfig is missing, and differs where it is there. */
  @Test
  void noFontOfTheMachineIsAskedFor() throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xlog:class+load",
                "-Djava.awt.headless=true",
                "-cp",
                System.getProperty("java.class.path"),
                Drawing.class.getName())
            .redirectErrorStream(true)
            .start();
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(log).isZero();
    assertThat(log)
        .contains("org.viditq.cli.picture.LabelFont")
        .doesNotContain("sun.font.SunFontManager")
        .doesNotContain("sun.awt.FontConfiguration");
  }

  /** Main class of a process that draws a sheet. */
  static final class Drawing {
    public static void main(String[] arguments) throws IOException {
      sheet(List.of("w8a8", "w4a8", "w6a6"));
    }
  }

  /** Pixels that are nearer to black than to white. */
  private static int ink(BufferedImage picture, int left, int top, int width, int height) {
    int count = 0;
    for (int y = top; y < top + height; y++) {
      for (int x = left; x < left + width; x++) {
        count += (picture.getRGB(x, y) & 0xff) < 128 ? 1 : 0;
      }
    }
    return count;
  }

  private static BufferedImage sheet(List<String> headings) throws IOException {
    byte[] sheet =
        ContactSheet.of(
            headings,
            List.of("a red ring, seed 1", "a star, seed 2"),
            List.of(
                List.of(gray(0f), gray(0.2f)),
                List.of(gray(0.4f), gray(0.6f)),
                List.of(gray(0.8f), gray(1f))));
    return ImageIO.read(new ByteArrayInputStream(sheet));
  }

  private static byte[] gray(float value) {
    return PngPicture.encode(new Image(Tensor.full(value, 32, 64, 3)), Provenance.NONE);
  }
}
