package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
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

  @Test
  void moreThanFourMegapixelsAreDecodedInTiles() {
    PipelineFolder folder = PipelineFolder.open(MODEL);
    Tensor latents = latents(513, 512);
    Clip clip =
        DiffusionPipeline.open(folder, () -> Backends.find("native").open(2))
            .decode(latents, 1, ProgressListener.NONE)
            .get(0);
    assertThat(clip.height()).isEqualTo(2052);
    try (Operators<?> operators = Backends.find("native").open(2)) {
      float[] tiled = tiled(folder, operators, latents).data();
      float[] pixels = clip.pixels().data();
      int plane = 2052 * 2048;
      for (int i = 0; i < pixels.length; i++) {
        float expected = tiled[i % 3 * plane + i / 3] / 2 + 0.5f;
        if (pixels[i] != Math.max(0, Math.min(1, expected))) {
          throw new AssertionError("Pixel value " + i + " is " + pixels[i] + ", not " + expected);
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
