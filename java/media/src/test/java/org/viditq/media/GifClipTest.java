package org.viditq.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.tensor.Tensor;

class GifClipTest {
  private static final EncodingOptions FLAT = new EncodingOptions(95, false);

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "8, 1, 1", "3, 33, 17", "8, 64, 64"})
  void theFramesSurvive(int frames, int height, int width) throws IOException {
    Clip clip = TestClips.moving(frames, height, width, 8);
    for (EncodingOptions options : List.of(EncodingOptions.DEFAULT, FLAT)) {
      List<FramePixels> read = decode(GifClip.encode(clip, Provenance.NONE, options));
      assertThat(read).hasSize(frames);
      for (int t = 0; t < frames; t++) {
        assertThat(TestClips.difference(read.get(t), FramePixels.of(clip.frame(t)))).isLessThan(5);
      }
    }
  }

  @Test
  void fewColoursAreKeptExactly() throws IOException {
    float[] values = new float[3 * 256];
    for (int i = 0; i < 256; i++) {
      values[3 * i] = i / 255f;
      values[3 * i + 1] = (255 - i) / 255f;
      values[3 * i + 2] = (i ^ 0x55) / 255f;
    }
    Clip clip = new Clip(Tensor.of(values, 1, 16, 16, 3), 1);
    for (EncodingOptions options : List.of(EncodingOptions.DEFAULT, FLAT)) {
      List<FramePixels> read = decode(GifClip.encode(clip, Provenance.NONE, options));
      assertThat(TestClips.difference(read.get(0), FramePixels.of(clip.frame(0)))).isZero();
    }
  }

  @Test
  void ditheringKeepsTheMeanColourWhereThePaletteIsCoarse() throws IOException {
    // Far more colours than 256: flat mapping shifts areas, error diffusion does not.
    Clip clip = TestClips.noise(1, 64, 64);
    FramePixels wanted = FramePixels.of(clip.frame(0));
    FramePixels dithered =
        decode(GifClip.encode(clip, Provenance.NONE, EncodingOptions.DEFAULT)).get(0);
    FramePixels flat = decode(GifClip.encode(clip, Provenance.NONE, FLAT)).get(0);
    assertThat(blockError(dithered, wanted)).isLessThan(blockError(flat, wanted));
    assertThat(TestClips.difference(flat, wanted))
        .isLessThan(TestClips.difference(dithered, wanted));
  }

  /** Mean absolute difference of the mean reds of blocks of 8 x 8 pixels. */
  private static double blockError(FramePixels a, FramePixels b) {
    double sum = 0;
    for (int block = 0; block < 64; block++) {
      int difference = 0;
      for (int i = 0; i < 64; i++) {
        int at = (block / 8 * 8 + i / 8) * 64 + block % 8 * 8 + i % 8;
        difference += (a.rgb()[at] >> 16 & 0xff) - (b.rgb()[at] >> 16 & 0xff);
      }
      sum += Math.abs(difference) / 64.0;
    }
    return sum / 64;
  }

  @ParameterizedTest
  @CsvSource({"8, 13 12 13 12", "10, 10 10 10 10", "24, 4 4 5 4", "200, 2 2 2 2", "0.5, 200 200"})
  void framesAreShownAtTheirTime(double framesPerSecond, String hundredths) {
    String[] expected = hundredths.split(" ");
    for (int t = 0; t < expected.length; t++) {
      assertThat(GifClip.delay(framesPerSecond, t)).isEqualTo(Integer.parseInt(expected[t]));
    }
  }

  @Test
  void aClipLoopsForEverAndAnotherReaderSeesItsTime() throws IOException {
    byte[] gif =
        GifClip.encode(TestClips.moving(8, 16, 16, 8), Provenance.NONE, EncodingOptions.DEFAULT);
    assertThat(new String(gif, StandardCharsets.ISO_8859_1))
        .contains("NETSCAPE2.0\u0003\u0001\u0000\u0000\u0000");
    FfmpegReader read = FfmpegReader.read(Files.write(folder.resolve("x.gif"), gif));
    assertThat(read.frames()).hasSize(8);
    assertThat(read.seconds()).isEqualTo(1);
  }

  @ParameterizedTest
  @FieldSource("org.viditq.media.TestClips#NASTY_PROMPTS")
  void theTextsSurviveInAnyLanguage(String prompt) throws IOException {
    Provenance provenance = TestClips.provenance(prompt);
    byte[] gif = GifClip.encode(TestClips.moving(2, 8, 8, 8), provenance, EncodingOptions.DEFAULT);
    FfmpegReader read = FfmpegReader.read(Files.write(folder.resolve("x.gif"), gif));
    String comment = read.metadata().get("comment");
    assertThat(comment).isASCII();
    assertThat(ExifReader.texts(comment)).isEqualTo(provenance.texts());
  }

  private static List<FramePixels> decode(byte[] gif) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    reader.setInput(ImageIO.createImageInputStream(new ByteArrayInputStream(gif)));
    List<FramePixels> frames = new ArrayList<>();
    for (int t = 0; t < reader.getNumImages(true); t++) {
      BufferedImage image = reader.read(t);
      int width = image.getWidth();
      int height = image.getHeight();
      frames.add(new FramePixels(width, height, image.getRGB(0, 0, width, height, null, 0, width)));
    }
    reader.dispose();
    return frames;
  }
}
