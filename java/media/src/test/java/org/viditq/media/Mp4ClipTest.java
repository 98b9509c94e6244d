package org.viditq.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.viditq.core.error.OutputException;
import org.viditq.core.pipeline.Clip;

class Mp4ClipTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "1, 64, 64, 8",
    "8, 64, 64, 8",
    "3, 33, 17, 24",
    "5, 15, 16, 29.97",
    "8, 16, 64, 0.5"
  })
  void theFramesSurvive(int frames, int height, int width, double framesPerSecond) {
    Clip clip = TestClips.moving(frames, height, width, framesPerSecond);
    FfmpegReader read = write(clip, Provenance.NONE, EncodingOptions.DEFAULT);
    assertThat(read.codec()).isEqualTo("h264");
    assertThat(read.pixelFormat()).isEqualTo("yuv420p");
    assertThat(read.frames()).hasSize(frames);
    assertThat(read.framesPerSecond()).isCloseTo(framesPerSecond, within(1e-3));
    assertThat(read.seconds()).isCloseTo(frames / framesPerSecond, within(2e-3));
    for (int t = 0; t < frames; t++) {
      // Odd sides are extended by a copy of the last row or column.
      FramePixels expected =
          FramePixels.of(clip.frame(t)).extended(width + width % 2, height + height % 2);
      assertThat(TestClips.difference(read.frames().get(t), expected)).isLessThan(9);
    }
  }

  @Test
  void qualityTradesBytesForCloseness() throws IOException {
    Clip clip = TestClips.noise(4, 64, 64);
    FramePixels pixels = FramePixels.of(clip.frame(3));
    FfmpegReader coarse = write(clip, Provenance.NONE, new EncodingOptions(20, true));
    long small = Files.size(folder.resolve("x.mp4"));
    FfmpegReader fine = write(clip, Provenance.NONE, new EncodingOptions(100, true));
    assertThat(small * 2).isLessThan(Files.size(folder.resolve("x.mp4")));
    assertThat(TestClips.difference(coarse.frames().get(3), pixels))
        .isGreaterThan(TestClips.difference(fine.frames().get(3), pixels));
  }

  @ParameterizedTest
  @CsvSource({"16, 16", "64, 128", "256, 256"})
  void noiseIsEncodedAtAnyQuality(int height, int width) {
    // At the finest quality noise is too much for OpenH264's buffer.
    FfmpegReader read =
        write(TestClips.noise(3, height, width), Provenance.NONE, new EncodingOptions(100, true));
    assertThat(read.frames()).hasSize(3);
  }

  @Test
  void theIndexStandsBeforeThePictures() throws IOException {
    write(TestClips.moving(8, 64, 64, 8), Provenance.NONE, EncodingOptions.DEFAULT);
    String bytes = Files.readString(folder.resolve("x.mp4"), StandardCharsets.ISO_8859_1);
    assertThat(bytes.indexOf("moov")).isPositive().isLessThan(bytes.indexOf("mdat"));
  }

  @ParameterizedTest
  @FieldSource("org.viditq.media.TestClips#NASTY_PROMPTS")
  void theTextsSurviveInAnyLanguage(String prompt) throws IOException {
    Provenance provenance = TestClips.provenance(prompt);
    FfmpegReader read = write(TestClips.moving(1, 16, 16, 8), provenance, EncodingOptions.DEFAULT);
    assertThat(ExifReader.texts(read.metadata().get("comment"))).isEqualTo(provenance.texts());
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() {
    Path nowhere = folder.resolve("none/x.mp4");
    Clip clip = TestClips.moving(1, 16, 16, 8);
    assertThatThrownBy(() -> Mp4Clip.write(clip, nowhere, Provenance.NONE, EncodingOptions.DEFAULT))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining(nowhere.toString())
        .hasMessageContaining("No such file or directory");
  }

  private FfmpegReader write(Clip clip, Provenance provenance, EncodingOptions options) {
    Path file = folder.resolve("x.mp4");
    Mp4Clip.write(clip, file, provenance, options);
    return FfmpegReader.read(file);
  }
}
