package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.tensor.Tensor;

class ResizeAndCropTest {
  private static final Path GOLDEN =
      Path.of("src/test/resources/org/viditq/core/pipeline/resize-and-crop.safetensors");

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void asDiffusersDoes(int index) {
    try (Checkpoint golden = Checkpoints.open(GOLDEN)) {
      Tensor input = golden.get("in." + index).toTensor();
      Tensor expected = golden.get("out." + index).toTensor();
      ResizeAndCrop resize =
          new ResizeAndCrop(
              new PictureSize(input.dim(2), input.dim(3)),
              new PictureSize(expected.dim(2), expected.dim(3)));
      int plane = input.dim(2) * input.dim(3);
      int newPlane = expected.dim(2) * expected.dim(3);
      for (int p = 0; p < 6; p++) {
        assertThat(resize.apply(input.data(), p * plane))
            .usingComparatorWithPrecision(2e-6f)
            .containsExactly(Arrays.copyOfRange(expected.data(), p * newPlane, (p + 1) * newPlane));
      }
    }
  }

  /** Also where rounding makes the scaled picture too small by a pixel in the published code. */
  @Test
  void everyPixelLiesBetweenTheSmallestAndTheLargest() {
    Random random = new Random(9);
    for (int i = 0; i < 300; i++) {
      PictureSize from = new PictureSize(1 + random.nextInt(40), 1 + random.nextInt(40));
      PictureSize to = new PictureSize(1 + random.nextInt(60), 1 + random.nextInt(60));
      float[] values = new float[from.height() * from.width()];
      for (int k = 0; k < values.length; k++) {
        values[k] = random.nextFloat();
      }
      float[] resized = new ResizeAndCrop(from, to).apply(values, 0);
      assertThat(resized).hasSize(to.height() * to.width());
      for (float value : resized) {
        assertThat(value).isBetween(-1e-6f, 1 + 1e-6f);
      }
    }
  }
}
