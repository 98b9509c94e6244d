package org.viditq.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Image;
import org.viditq.core.tensor.Tensor;

class PictureFileTest {
  private static final Provenance NOTHING = new Provenance(Map.of());

  @TempDir private Path folder;

  /** Smooth colours, three rows and four columns times {@code scale}. */
  private static Image gradient(int scale) {
    int height = 3 * scale;
    int width = 4 * scale;
    float[] values = new float[height * width * 3];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = (y * width + x) * 3;
        values[at] = Math.round(255f * y / height) / 255f;
        values[at + 1] = Math.round(255f * x / width) / 255f;
        values[at + 2] = Math.round(127f * (x + y) / (height + width)) / 255f;
      }
    }
    return new Image(Tensor.of(values, height, width, 3));
  }

  private Path written(Image image, MediaFormat format, String name) {
    Path file = folder.resolve(name);
    format.write(Clip.of(List.of(image), 1), file, NOTHING, new EncodingOptions(100, true));
    return file;
  }

  @Test
  void pngsAreReadToTheBit() {
    Image image = gradient(5);
    PictureFile read = PictureFile.read(written(image, MediaFormat.PNG, "x.dat"));
    assertThat(read.size()).isEqualTo(new PictureSize(15, 20));
    assertThat(read.fitted(new PictureSize(15, 20)).pixels().data())
        .containsExactly(image.pixels().data());
  }

  @ParameterizedTest
  @ValueSource(strings = {"JPEG", "WEBP"})
  void lossyFormatsAreReadAboutAsTheyWere(MediaFormat format) {
    Image image = gradient(16);
    PictureFile read = PictureFile.read(written(image, format, "x"));
    assertThat(read.fitted(new PictureSize(48, 64)).pixels().data())
        .usingComparatorWithPrecision(0.05f)
        .containsExactly(image.pixels().data());
  }

  @Test
  void grayTransparencyAndSixteenBitsAreTakenAsPillowTakesThem() throws IOException {
    BufferedImage gray = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
    gray.getRaster().setSample(0, 0, 0, 100);
    BufferedImage wide = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
    wide.getRaster().setSample(0, 0, 0, 100 << 8 | 77);
    BufferedImage clear = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    clear.setRGB(0, 0, 0x00646464);
    for (BufferedImage image : List.of(gray, wide, clear)) {
      Path file = folder.resolve("x.png");
      ImageIO.write(image, "png", file.toFile());
      assertThat(PictureFile.read(file).fitted(new PictureSize(1, 2)).pixels().data())
          .startsWith(100 / 255f, 100 / 255f, 100 / 255f)
          .endsWith(0, 0, 0);
    }
  }

  /** The picture is scaled by half; the corner that is red in it says how it was turned. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0",
    "2, 0, 1",
    "3, 1, 1",
    "4, 1, 0",
    "5, 0, 0",
    "6, 0, 1",
    "7, 1, 1",
    "8, 1, 0",
    "99, 0, 0"
  })
  void jpegsAreTurnedAsTheCameraWasHeld(int orientation, int bottom, int right) throws IOException {
    BufferedImage stored = new BufferedImage(64, 32, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 16; y++) {
      for (int x = 0; x < 16; x++) {
        stored.setRGB(x, y, 0xff0000);
      }
    }
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    ImageIO.write(stored, "jpeg", jpeg);
    Path file = Files.write(folder.resolve("x.jpg"), withOrientation(jpeg, orientation));
    boolean turned = orientation > 4 && orientation < 9;
    PictureSize size = turned ? new PictureSize(64, 32) : new PictureSize(32, 64);
    PictureFile read = PictureFile.read(file);
    assertThat(read.size()).isEqualTo(size);
    float[] pixels = read.fitted(size).pixels().data();
    int y = bottom == 1 ? size.height() - 4 : 3;
    int x = right == 1 ? size.width() - 4 : 3;
    assertThat(pixels[(y * size.width() + x) * 3]).isGreaterThan(0.9f);
    assertThat(pixels[((size.height() - 1 - y) * size.width() + size.width() - 1 - x) * 3])
        .isLessThan(0.1f);
  }

  /** An APP1 segment behind SOI and the JFIF segment. */
  private static byte[] withOrientation(ByteArrayOutputStream jpeg, int orientation) {
    byte[] plain = jpeg.toByteArray();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    int jfif = 2 + 2 + 16;
    all.write(plain, 0, jfif);
    byte[] tiff = {
      'M',
      'M',
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      0x01,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      (byte) orientation,
      0,
      0,
      0,
      0,
      0,
      0
    };
    all.writeBytes(new byte[] {(byte) 0xff, (byte) 0xe1, 0, (byte) (2 + 6 + tiff.length)});
    all.writeBytes("Exif\0\0".getBytes(StandardCharsets.US_ASCII));
    all.writeBytes(tiff);
    all.write(plain, jfif, plain.length - jfif);
    return all.toByteArray();
  }

  @Test
  void pictureIsCroppedToTheShapeAndScaled() {
    Image image = gradient(20); // 60 x 80
    PictureFile read = PictureFile.read(written(image, MediaFormat.PNG, "x.png"));
    Image square = read.fitted(new PictureSize(30, 30));
    // The middle 60 columns: green runs from 10/80 to 70/80, red over the whole height.
    float[] pixels = square.pixels().data();
    assertThat(pixels[15 * 30 * 3 + 1]).isBetween(0.11f, 0.16f);
    assertThat(pixels[(15 * 30 + 29) * 3 + 1]).isBetween(0.84f, 0.89f);
    assertThat(pixels[29 * 30 * 3]).isGreaterThan(0.93f);
    assertThat(read.fitted(new PictureSize(7, 200)).width()).isEqualTo(200);
    assertThat(read.fitted(new PictureSize(200, 1)).height()).isEqualTo(200);
  }

  @Test
  void whatIsNoPictureIsRefused() throws IOException {
    Path text = Files.writeString(folder.resolve("x.png"), "no picture");
    assertThatThrownBy(() -> PictureFile.read(text))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no PNG, JPEG or WebP picture");
    assertThatThrownBy(() -> PictureFile.read(folder.resolve("none.png")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("There is no picture");
    assertThatThrownBy(() -> PictureFile.read(folder))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is no file");
    Path gif = folder.resolve("x.gif");
    ImageIO.write(new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB), "gif", gif.toFile());
    assertThatThrownBy(() -> PictureFile.read(gif))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no PNG, JPEG or WebP picture");
  }

  @ParameterizedTest
  @CsvSource({
    "'version https://git-lfs.github.com/spec/v1\noid sha256:0\n', Git LFS pointer",
    "'<!DOCTYPE html><title>photo.png</title>', web page"
  })
  void whatWasDownloadedInstead(String content, String what) throws IOException {
    Path file = Files.writeString(folder.resolve("photo.png"), content);
    assertThatThrownBy(() -> PictureFile.read(file))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("photo.png", what)
        .hasMessageEndingWith(".");
  }

  @Test
  void callersMayAllowFewerPixels() throws IOException {
    Path file = written(gradient(5), MediaFormat.PNG, "x.png");
    assertThat(PictureFile.read(file, 300).size()).isEqualTo(new PictureSize(15, 20));
    assertThatThrownBy(() -> PictureFile.read(file, 299))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("20 x 15")
        .hasMessageContaining("299 pixels");
  }

  /** A header may claim any size: nothing is allocated for it. */
  @Test
  void absurdSizesAreRefusedBeforeTheyAreRead() throws IOException {
    byte[] png = Files.readAllBytes(written(gradient(1), MediaFormat.PNG, "x.png"));
    png[16] = 0x00;
    png[17] = 0x01; // width 65,540
    png[20] = 0x00;
    png[21] = 0x01;
    Path file = Files.write(folder.resolve("large.png"), png);
    assertThatThrownBy(() -> PictureFile.read(file))
        .isInstanceOf(UsageException.class)
        .hasMessageEndingWith(".");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PNG", "JPEG", "WEBP"})
  void damagedFilesNeverEndInAnotherException(MediaFormat format) throws IOException {
    byte[] whole = Files.readAllBytes(written(gradient(4), format, "whole"));
    Random random = new Random(31);
    Path file = folder.resolve("damaged");
    long end = System.nanoTime() + 1_500_000_000L;
    int refused = 0;
    for (int i = 0; i < 2000 && System.nanoTime() < end; i++) {
      byte[] damaged = whole.clone();
      for (int k = random.nextInt(6); k >= 0; k--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      int length = random.nextInt(4) == 0 ? random.nextInt(damaged.length) : damaged.length;
      Files.write(file, Arrays.copyOf(damaged, length));
      try {
        PictureFile.read(file).fitted(new PictureSize(8, 8));
      } catch (UsageException sentence) {
        refused++;
        assertThat(sentence.getMessage()).endsWith(".").hasLineCount(1);
      }
    }
    assertThat(refused).isPositive();
  }
}
