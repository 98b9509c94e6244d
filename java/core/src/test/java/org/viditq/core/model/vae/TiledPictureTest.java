package org.viditq.core.model.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/** Tiles and their seams, with decoders that are simple enough to know the result of. */
class TiledPictureTest {

  /** A decoder that looks at single latents gives the same picture however it is cut. */
  @Test
  void tilesOfAPointwiseDecoderMakeTheWholePicture() {
    Random random = new Random(41);
    for (int i = 0; i < 60; i++) {
      int size = 1 + random.nextInt(9);
      Tiling tiling = new Tiling(size, random.nextInt(size));
      int factor = 1 << random.nextInt(3);
      Tensor latents = random(random, 1 + random.nextInt(25), 1 + random.nextInt(25));
      Tensor whole = enlarged(latents, factor);
      Tensor tiled =
          new TiledPicture(tiling, factor).decode(latents, 2, tile -> enlarged(tile, factor));
      assertThat(tiled.shape()).isEqualTo(whole.shape());
      assertThat(tiled.data()).containsExactly(whole.data(), within(1e-6f));
    }
  }

  /** What a decoder makes of a tile differs from tile to tile: one may not jump to the next. */
  @Test
  void seamsFadeFromOneTileToTheNext() {
    Tiling tiling = new Tiling(8, 2);
    int factor = 4;
    AtomicInteger tiles = new AtomicInteger();
    Tensor picture =
        new TiledPicture(tiling, factor)
            .decode(
                Tensor.zeros(1, 1, 20, 20),
                1,
                tile ->
                    Tensor.full(
                        tiles.getAndIncrement(), 1, 1, tile.dim(2) * factor, tile.dim(3) * factor));
    assertThat(tiles).hasValue(16);
    int width = 80;
    float[] values = picture.data();
    // Along a row, neighbouring tiles differ by 1, which is faded over 8 pixels; down a column by
    // 4.
    // In corners a tile meets one that has been faded itself: there both fades add up.
    for (int i = 0; i < values.length; i++) {
      if (i % width != width - 1) {
        assertThat(Math.abs(values[i + 1] - values[i])).isLessThanOrEqualTo(2 / 8f + 1e-6f);
      }
      if (i + width < values.length) {
        assertThat(Math.abs(values[i + width] - values[i])).isLessThanOrEqualTo(5 / 8f + 1e-6f);
      }
    }
    assertThat(values[0]).isZero();
    assertThat(values[23]).isZero();
    assertThat(values[24]).isZero();
    assertThat(values[25]).isEqualTo(1 / 8f);
    assertThat(values[32]).isEqualTo(1);
    // The last tile is as narrow as the fade, as in diffusers.
    assertThat(values[values.length - 1]).isBetween(14f, 15f);
  }

  @Test
  void onlyTilesAreDecoded() {
    Tensor latents = Tensor.zeros(3, 4, 11, 30);
    new TiledPicture(new Tiling(6, 2), 2)
        .decode(
            latents,
            3,
            tile -> {
              assertThat(tile.dim(0)).isEqualTo(3);
              assertThat(tile.dim(1)).isEqualTo(4);
              assertThat(tile.dim(2)).isLessThanOrEqualTo(6);
              assertThat(tile.dim(3)).isLessThanOrEqualTo(6);
              return Tensor.zeros(3, 3, 2 * tile.dim(2), 2 * tile.dim(3));
            });
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "4, 4", "4, 5", "4, -1", "-1, 0"})
  void impossibleTilesAreRefused(int size, int overlap) {
    assertThatThrownBy(() -> new Tiling(size, overlap))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("overlap");
  }

  @Test
  void tilesOverlapByAQuarterAsInDiffusers() {
    assertThat(Tiling.ofSide(64)).isEqualTo(new Tiling(64, 16));
    assertThat(Tiling.ofSide(1)).isEqualTo(new Tiling(1, 0));
  }

  private static Tensor random(Random random, int height, int width) {
    float[] values = new float[2 * height * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, 1, 2, height, width);
  }

  /** Every latent becomes a square of pixels. */
  private static Tensor enlarged(Tensor x, int factor) {
    int height = x.dim(2) * factor;
    int width = x.dim(3) * factor;
    float[] values = new float[x.dim(0) * x.dim(1) * height * width];
    for (int i = 0; i < values.length; i++) {
      int plane = i / (height * width);
      int row = i / width % height;
      int column = i % width;
      values[i] = x.data()[(plane * x.dim(2) + row / factor) * x.dim(3) + column / factor];
    }
    return Tensor.of(values, x.dim(0), x.dim(1), height, width);
  }
}
