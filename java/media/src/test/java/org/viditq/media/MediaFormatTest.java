package org.viditq.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;
import org.viditq.core.pipeline.Clip;

class MediaFormatTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "a.png, PNG",
    "dir.gif/a.PNG, PNG",
    "a.jpg, JPEG",
    "a.b.Jpeg, JPEG",
    "红.webp, WEBP",
    "a.gif, GIF",
    "a.mp4, MP4"
  })
  void theEndingTellsTheFormat(Path file, MediaFormat format) {
    assertThat(MediaFormat.ofFile(file)).contains(format);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a.", "a.bmp", "a.png/b", ".png", "png", "a.mp4.", "/", ""})
  void otherEndingsHaveNone(String file) {
    assertThat(MediaFormat.ofFile(Path.of(file))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"png, PNG", "JPEG, JPEG", "jpg, JPEG", "WebP, WEBP", "gif, GIF", "mp4, MP4"})
  void theNameTellsTheFormat(String name, MediaFormat format) {
    assertThat(MediaFormat.ofName(name)).contains(format);
    assertThat(MediaFormat.ofName(name + "x")).isEmpty();
  }

  @Test
  void allEndingsAreListed() {
    assertThat(MediaFormat.allEndings()).isEqualTo(".png, .jpg, .jpeg, .webp, .gif or .mp4");
  }

  @ParameterizedTest
  @EnumSource
  void theSameClipGivesTheSameBytes(MediaFormat format) throws IOException {
    Clip clip = TestClips.noise(format.holdsClips() ? 8 : 1, 48, 40);
    Provenance provenance = TestClips.provenance("红色的圆环");
    List<byte[]> files =
        Arrays.asList(bytes(format, clip, provenance), bytes(format, clip, provenance));
    assertThat(files.get(0)).isEqualTo(files.get(1)).isNotEmpty();
  }

  private byte[] bytes(MediaFormat format, Clip clip, Provenance provenance) throws IOException {
    // The name must not matter either.
    Path file = Files.createTempFile(folder, "x", ".tmp");
    format.write(clip, file, provenance, EncodingOptions.DEFAULT);
    return Files.readAllBytes(file);
  }

  @ParameterizedTest
  @CsvSource({
    "PNG, 2, 8, 8, 'holds one picture, not a clip of 2 frames; write .webp or .gif or .mp4'",
    "JPEG, 16, 8, 8, 'or --format jpeg into a folder for one file per frame.'",
    "JPEG, 1, 8, 65501, 'at most 65500 pixels, not 65501 x 8'",
    "WEBP, 1, 16384, 8, 'A file of format WebP has sides of at most 16383 pixels'",
    "GIF, 1, 70000, 8, 'write another format, for example .png.'",
    "MP4, 8, 1, 1, 'sides of at least 15 pixels, not 1 x 1; write another format'",
    "MP4, 8, 14, 64, 'at least 15'",
    "MP4, 8, 4096, 4096, 'at most 9437184 pixels'"
  })
  void whatDoesNotFitIsRefusedInOneSentence(
      MediaFormat format, int frames, int height, int width, String says) {
    assertThatThrownBy(() -> format.requireFit(frames, height, width))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(says)
        .hasMessageEndingWith(".");
  }

  @Test
  @Tag("slow")
  void theLargestH264FrameIsWritten() {
    // 4096 x 2304 is the limit of level 5.2.
    Path file = folder.resolve("large.mp4");
    MediaFormat.MP4.write(
        TestClips.moving(1, 2304, 4096, 8), file, Provenance.NONE, new EncodingOptions(1, true));
    assertThat(FfmpegReader.read(file).frames()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void aPlaceThatCannotBeWrittenIsNamed(MediaFormat format) {
    Path nowhere = folder.resolve("none/x");
    assertThatThrownBy(
            () ->
                format.write(
                    TestClips.moving(1, 16, 16, 8),
                    nowhere,
                    Provenance.NONE,
                    EncodingOptions.DEFAULT))
        .isInstanceOf(OutputException.class)
        .hasMessageStartingWith("Cannot write " + nowhere + ": ");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 101, -1, Integer.MAX_VALUE})
  void qualityOutOfRange(int quality) {
    assertThatThrownBy(() -> new EncodingOptions(quality, true))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("from 1 to 100");
  }

  @Test
  void withoutFfmpegTheOthersAreOffered() throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-Dorg.bytedeco.javacpp.platform=linux-s390x",
                "-cp",
                System.getProperty("java.class.path"),
                WithoutFfmpeg.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(output.strip())
        .isEqualTo(
            "MP4 files cannot be written here: FFmpeg's libraries for linux-s390x cannot be loaded;"
                + " write .png or .jpg or .gif instead.");
  }

  /** In a process of its own. */
  static final class WithoutFfmpeg {
    public static void main(String[] arguments) {
      try {
        MediaFormat.MP4.requireFit(8, 64, 64);
      } catch (UsageException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
