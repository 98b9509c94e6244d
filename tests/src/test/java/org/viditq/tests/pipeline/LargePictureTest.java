package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.model.vae.Tiling;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.tensor.Tensor;

/** Pictures that are too large to be decoded as a whole. */
@Tag("slow")
class LargePictureTest {
  private static final Path MODEL = Path.of("..", "samples", "pixart-mini");

  /** Pixels per latent. */
  private static final int FACTOR = 4;

  private static final int HEIGHT = 513;
  private static final int WIDTH = 512;

  /** Of tiles of 512 pixels, which share a quarter with the next one, in latents. */
  private static final int STEP = 96;

  private static final int OVERLAP = 32;

  /**
   * Two opposite corners, each of four whole tiles and what the picture's edge leaves of others,
   * with all seams between them, are those of the corner's latents decoded in tiles.
   */
  @Test
  void moreThanFourMegapixelsAreDecodedInTiles() {
    PipelineFolder folder = PipelineFolder.open(MODEL);
    Tensor latents = latents(HEIGHT, WIDTH);
    Clip clip =
        DiffusionPipeline.open(folder, () -> Backends.find("native").open(2))
            .decode(latents, 1, ProgressListener.NONE)
            .get(0);
    assertThat(List.of(clip.height(), clip.width()))
        .containsExactly(HEIGHT * FACTOR, WIDTH * FACTOR);
    try (Operators<?> operators = Backends.find("native").open(2)) {
      // Beyond two steps, tiles reach out of the part.
      int two = 2 * STEP;
      Tensor first = part(latents, 0, two + OVERLAP, two + OVERLAP);
      requireSame(clip, tiled(folder, operators, first), 0, 0, two, two);
      // The first tiles of the part have no neighbours to fade into.
      int from = 3 * STEP;
      Tensor last = part(latents, from, HEIGHT, WIDTH);
      requireSame(clip, tiled(folder, operators, last), from, from + OVERLAP, HEIGHT, WIDTH);
    }
  }

  /** Latents from {@code from} on, on both sides. */
  private static Tensor part(Tensor latents, int from, int toRow, int toColumn) {
    Tensor part = Tensor.zeros(1, 4, toRow - from, toColumn - from);
    int rows = 0;
    for (int channel = 0; channel < 4; channel++) {
      for (int row = from; row < toRow; row++) {
        System.arraycopy(
            latents.data(),
            (channel * HEIGHT + row) * WIDTH + from,
            part.data(),
            rows++ * part.dim(3),
            part.dim(3));
      }
    }
    return part;
  }

  /**
   * Fails unless the clip's pixels over the latents {@code begin} to {@code endRow} and {@code
   * endColumn} are those of the decoded part, which begins at the latent {@code from}.
   */
  private static void requireSame(
      Clip clip, Tensor part, int from, int begin, int endRow, int endColumn) {
    float[] pixels = clip.pixels().data();
    int rows = part.dim(2);
    int columns = part.dim(3);
    for (int y = begin * FACTOR; y < endRow * FACTOR; y++) {
      for (int x = begin * FACTOR; x < endColumn * FACTOR; x++) {
        for (int c = 0; c < 3; c++) {
          float value =
              part.data()[(c * rows + y - from * FACTOR) * columns + x - from * FACTOR] / 2 + 0.5f;
          float actual = pixels[(y * clip.width() + x) * 3 + c];
          if (actual != Math.max(0, Math.min(1, value))) {
            throw new AssertionError(
                "Channel %d at (%d, %d) is %s, not %s".formatted(c, x, y, actual, value));
          }
        }
      }
    }
  }

  private static <V> Tensor tiled(PipelineFolder folder, Operators<V> operators, Tensor latents) {
    AutoencoderKlConfig config = AutoencoderKlConfig.fromJson(folder.config(Component.VAE));
    try (Checkpoint weights = folder.checkpoint(Component.VAE)) {
      AutoencoderKl<V> autoencoder =
          new AutoencoderKl<>(config, new CheckpointParameters(weights), operators);
      Tensor unscaled = operators.read(autoencoder.unscale(operators.constant(latents)));
      // The model's own tiles are of 64 x 64 pixels; they are made 512 x 512.
      return autoencoder.decodeTiled(unscaled, 1, Tiling.ofSide(128));
    }
  }

  private static Tensor latents(int height, int width) {
    Random random = new Random(23);
    float[] values = new float[4 * height * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, 1, 4, height, width);
  }
}
