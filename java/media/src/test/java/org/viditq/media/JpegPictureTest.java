package org.viditq.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.viditq.core.pipeline.Image;

class JpegPictureTest {
  @ParameterizedTest
  @CsvSource({"1, 1", "1, 64", "33, 17", "64, 64"})
  void thePixelsSurvive(int height, int width) throws IOException {
    Image picture = TestClips.picture(height, width);
    byte[] jpeg = JpegPicture.encode(picture, Provenance.NONE, EncodingOptions.DEFAULT);
    assertThat(TestClips.difference(decode(jpeg), FramePixels.of(picture))).isLessThan(8);
  }

  @Test
  void qualityTradesBytesForCloseness() throws IOException {
    Image picture = TestClips.noise(1, 64, 64).frame(0);
    byte[] coarse = JpegPicture.encode(picture, Provenance.NONE, new EncodingOptions(10, true));
    byte[] fine = JpegPicture.encode(picture, Provenance.NONE, new EncodingOptions(100, true));
    FramePixels pixels = FramePixels.of(picture);
    assertThat(coarse.length * 2).isLessThan(fine.length);
    assertThat(TestClips.difference(decode(coarse), pixels))
        .isGreaterThan(TestClips.difference(decode(fine), pixels));
  }

  @ParameterizedTest
  @FieldSource("org.viditq.media.TestClips#NASTY_PROMPTS")
  void theTextsSurviveInAnyLanguage(String prompt) throws IOException {
    Provenance provenance = TestClips.provenance(prompt);
    ExifReader read =
        ExifReader.read(
            JpegPicture.encode(TestClips.picture(8, 8), provenance, EncodingOptions.DEFAULT));
    assertThat(read.texts()).isEqualTo(provenance.texts());
    assertThat(read.software()).isEqualTo("viditq 1.2.3");
  }

  @Test
  void aPromptBeyondASegmentIsCutAndTheRestIsKept() throws IOException {
    Provenance provenance = TestClips.provenance("輪🔥".repeat(40_000));
    byte[] jpeg = JpegPicture.encode(TestClips.picture(8, 8), provenance, EncodingOptions.DEFAULT);
    ExifReader read = ExifReader.read(jpeg);
    assertThat(read.texts().get("prompt")).startsWith("輪🔥輪").endsWith("…").hasSizeLessThan(32_000);
    assertThat(read.texts()).containsEntry("seed", "42").containsEntry("plan", "w8a8");
    assertThat(decode(jpeg).width()).isEqualTo(8);
  }

  private static FramePixels decode(byte[] jpeg) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(jpeg));
    int width = image.getWidth();
    int height = image.getHeight();
    return new FramePixels(width, height, image.getRGB(0, 0, width, height, null, 0, width));
  }
}
