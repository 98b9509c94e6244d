package org.viditq.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.pipeline.Clip;

class WebpClipTest {
  @TempDir private Path folder;

  /** A chunk of a RIFF file; {@code body} is positioned at its first byte, little-endian. */
  private record Chunk(String name, ByteBuffer body) {}

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 64", "33, 17", "64, 64"})
  void thePixelsSurvive(int height, int width) throws IOException {
    Clip clip = TestClips.moving(1, height, width, 8);
    byte[] webp = WebpClip.encode(clip, Provenance.NONE, EncodingOptions.DEFAULT);
    assertThat(TestClips.difference(decode(webp), FramePixels.of(clip.frame(0)))).isLessThan(8);
  }

  @Test
  void qualityTradesBytesForCloseness() throws IOException {
    Clip clip = TestClips.noise(1, 64, 64);
    byte[] coarse = WebpClip.encode(clip, Provenance.NONE, new EncodingOptions(10, true));
    byte[] fine = WebpClip.encode(clip, Provenance.NONE, new EncodingOptions(100, true));
    FramePixels pixels = FramePixels.of(clip.frame(0));
    assertThat(coarse.length * 2).isLessThan(fine.length);
    assertThat(TestClips.difference(decode(coarse), pixels))
        .isGreaterThan(TestClips.difference(decode(fine), pixels));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "33, 17", "64, 64"})
  void aClipIsAnAnimationThatLoopsForEver(int height, int width) throws IOException {
    // Noise, so that no two frames are merged into one.
    Clip clip = TestClips.noise(8, height, width);
    byte[] webp = WebpClip.encode(clip, Provenance.NONE, EncodingOptions.DEFAULT);
    List<Chunk> chunks = chunks(webp);
    assertThat(chunks.get(0).name()).isEqualTo("VP8X");
    assertThat(chunks.get(0).body().get(0)).isEqualTo((byte) (1 << 3 | 1 << 1));
    assertThat(uint24(chunks.get(0).body(), 4)).isEqualTo(width - 1);
    assertThat(uint24(chunks.get(0).body(), 7)).isEqualTo(height - 1);
    assertThat(chunks.get(1).name()).isEqualTo("ANIM");
    assertThat(chunks.get(1).body().getShort(4)).as("loops").isZero();
    List<ByteBuffer> frames =
        chunks.stream().filter(c -> c.name().equals("ANMF")).map(Chunk::body).toList();
    assertThat(frames).hasSize(8);
    assertThat(frames).extracting(frame -> uint24(frame, 12)).containsOnly(125);
    FramePixels first = decode(still(frames.get(0)));
    assertThat(TestClips.difference(first, FramePixels.of(clip.frame(0)))).isLessThan(60);
  }

  @ParameterizedTest
  @ValueSource(doubles = {7, 24, 29.97})
  void anAnimationKeepsItsLength(double framesPerSecond) {
    Clip noise = TestClips.noise(8, 16, 16);
    byte[] webp =
        WebpClip.encode(
            new Clip(noise.pixels(), framesPerSecond), Provenance.NONE, EncodingOptions.DEFAULT);
    int milliseconds =
        chunks(webp).stream()
            .filter(c -> c.name().equals("ANMF"))
            .mapToInt(c -> uint24(c.body(), 12))
            .sum();
    // The encoder takes the mean of the others for the last frame, rounded down.
    assertThat(milliseconds).isCloseTo((int) Math.round(8000 / framesPerSecond), within(1));
  }

  @ParameterizedTest
  @FieldSource("org.viditq.media.TestClips#NASTY_PROMPTS")
  void theTextsSurviveInAnyLanguage(String prompt) throws IOException {
    Provenance provenance = TestClips.provenance(prompt);
    for (int frames : new int[] {1, 3}) {
      ExifReader read =
          ExifReader.read(
              WebpClip.encode(TestClips.noise(frames, 9, 9), provenance, EncodingOptions.DEFAULT));
      assertThat(read.texts()).isEqualTo(provenance.texts());
      assertThat(read.software()).isEqualTo("viditq 1.2.3");
    }
  }

  private FramePixels decode(byte[] webp) throws IOException {
    List<FramePixels> frames =
        FfmpegReader.read(Files.write(folder.resolve("x.webp"), webp)).frames();
    assertThat(frames).hasSize(1);
    return frames.get(0);
  }

  /** A frame of an animation, which has 16 bytes of position and time before its image. */
  private static byte[] still(ByteBuffer frame) {
    byte[] image = new byte[frame.capacity() - 16];
    frame.get(16, image);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes("RIFF".getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(4 + image.length).array());
    file.writeBytes("WEBP".getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(image);
    return file.toByteArray();
  }

  private static List<Chunk> chunks(byte[] webp) {
    ByteBuffer file = ByteBuffer.wrap(webp).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(file.getInt(4)).isEqualTo(webp.length - 8);
    List<Chunk> chunks = new ArrayList<>();
    int at = 12;
    while (at < webp.length) {
      int size = file.getInt(at + 4);
      String name = new String(webp, at, 4, StandardCharsets.US_ASCII);
      chunks.add(new Chunk(name, file.slice(at + 8, size).order(ByteOrder.LITTLE_ENDIAN)));
      at += 8 + size + size % 2;
    }
    return chunks;
  }

  private static int uint24(ByteBuffer bytes, int at) {
    return bytes.get(at) & 0xff
        | (bytes.get(at + 1) & 0xff) << 8
        | (bytes.get(at + 2) & 0xff) << 16;
  }
}
