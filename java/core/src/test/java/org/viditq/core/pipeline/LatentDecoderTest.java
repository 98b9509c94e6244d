package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.tensor.Tensor;

/** Which frames are decoded together, and that each comes to its place. */
class LatentDecoderTest {
  private static final AutoencoderKlConfig CONFIG =
      DiffusionPipeline.readAutoencoder(PipelineFolder.open(Path.of("../../samples/pixart-mini")));

  private final List<Integer> together = new ArrayList<>();

  /** Every pixel of a frame is the frame's first latent value. */
  private DecoderNetwork flat(int most) {
    return new DecoderNetwork() {
      @Override
      public Tensor decode(Tensor latents, ProgressListener progress) {
        int frames = latents.dim(0);
        together.add(frames);
        int height = latents.dim(2) * CONFIG.downsampling();
        int width = latents.dim(3) * CONFIG.downsampling();
        Tensor pixels = Tensor.zeros(frames, 3, height, width);
        int each = pixels.size() / frames;
        for (int i = 0; i < pixels.size(); i++) {
          pixels.data()[i] = latents.data()[i / each * (latents.size() / frames)];
        }
        return pixels;
      }

      @Override
      public int framesTogether(long pixels) {
        assertThat(pixels).isEqualTo(8 * 12);
        return most;
      }

      @Override
      public void close() {}
    };
  }

  /** Clips of frames of one value each: 0, 0.1, 0.2, ... counted through all of them. */
  private List<Clip> decode(int clips, int frames, int most) {
    int channels = CONFIG.latentChannels();
    int plane = 2 * 3;
    Tensor latents =
        frames == 1
            ? Tensor.zeros(clips, channels, 2, 3)
            : Tensor.zeros(clips, channels, frames, 2, 3);
    for (int i = 0; i < latents.size(); i++) {
      int clip = i / (channels * frames * plane);
      int frame = i / plane % frames;
      latents.data()[i] = (clip * frames + frame) * 0.1f;
    }
    List<Integer> counted = new ArrayList<>();
    List<Clip> decoded =
        new LatentDecoder(CONFIG, flat(most))
            .decode(
                latents,
                8,
                Optional.empty(),
                new StageCounter(
                    (stage, done, total) -> counted.add(done), Stage.DECODING, clips * frames));
    assertThat(counted).endsWith(clips * frames);
    return decoded;
  }

  @Test
  void smallPicturesOfABatchAreDecodedTogether() {
    List<Clip> pictures = decode(5, 1, 2);
    assertThat(together).containsExactly(2, 2, 1);
    assertThat(pictures).hasSize(5);
    for (int i = 0; i < 5; i++) {
      assertThat(pictures.get(i).frame(0).pixels().data()).containsOnly(shown(i));
    }
  }

  @Test
  void framesOfSeveralClipsMayBeTogether() {
    List<Clip> clips = decode(2, 3, 4);
    assertThat(together).containsExactly(4, 2);
    assertThat(clips).hasSize(2);
    for (int i = 0; i < 6; i++) {
      assertThat(clips.get(i / 3).frame(i % 3).pixels().data()).containsOnly(shown(i));
    }
  }

  @Test
  void anEngineDecodesFrameByFrame() {
    decode(2, 2, 1);
    assertThat(together).containsExactly(1, 1, 1, 1);
  }

  /** From -1..1 to 0..1. */
  private static float shown(int frame) {
    return frame * 0.1f / 2 + 0.5f;
  }
}
