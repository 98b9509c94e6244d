package org.viditq.core.model.size;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.UsageException;

class SizeBinsTest {
  /** The file says what made it. */
  @ParameterizedTest
  @CsvFileSource(resources = "bins.csv")
  void sizesAreThoseOfDiffusers(String table, int height, int width, int expected, int expected2) {
    SizeBins bins =
        table.equals("hunyuan")
            ? new StandardSizes()
            : AspectRatioBins.ofSide(Integer.parseInt(table)).orElseThrow();
    assertThat(bins.nearest(new PictureSize(height, width)))
        .isEqualTo(new PictureSize(expected, expected2));
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 512, 1024, 2048})
  void theSquareIsTheModelsOwnSize(int side) {
    SizeBins bins = AspectRatioBins.ofSide(side).orElseThrow();
    assertThat(bins.side()).isEqualTo(side);
    assertThat(bins.nearest(new PictureSize(side, side))).isEqualTo(new PictureSize(side, side));
    assertThat(bins.broughtToAskedSize()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 64, 128, 300, 4096})
  void otherModelsHaveNone(int side) {
    assertThat(AspectRatioBins.ofSide(side)).isEmpty();
  }

  @Test
  void everyStandardSizeIsItsOwn() {
    assertThat(StandardSizes.sizes())
        .hasSize(10)
        .allSatisfy(size -> assertThat(new StandardSizes().nearest(size)).isEqualTo(size));
    assertThat(new StandardSizes().nearest(new PictureSize(3, 3)))
        .isEqualTo(new PictureSize(1024, 1024));
  }

  @Test
  void noPictureIsEmpty() {
    assertThatThrownBy(() -> new PictureSize(0, 5))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("5 x 0");
  }
}
