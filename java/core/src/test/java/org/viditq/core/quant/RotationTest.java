package org.viditq.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.Rotation.Kind;

class RotationTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8, 12, 20, 24, 28, 32, 36, 44, 60, 68, 76, 84, 108, 140, 164, 180})
  void rowsOfHadamardMatricesAreOrthogonal(int order) {
    int[][] matrix = HadamardMatrix.of(order);
    for (int i = 0; i < order; i++) {
      for (int j = 0; j < order; j++) {
        int product = 0;
        for (int c = 0; c < order; c++) {
          assertThat(Math.abs(matrix[i][c])).isEqualTo(1);
          product += matrix[i][c] * matrix[j][c];
        }
        assertThat(product).as("rows %d and %d", i, j).isEqualTo(i == j ? order : 0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "2, 1",
    "64, 1",
    "192, 12",
    "768, 12",
    "1152, 36",
    "4608, 36",
    "1408, 44",
    "5632, 44",
    "12, 12",
    "20, 20",
    "24, 12"
  })
  void theWidthsOfModelsHaveABase(int channels, int base) {
    assertThat(HadamardMatrix.baseOf(channels)).contains(base);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -4, 3, 6, 18, 130, 1000003})
  void otherWidthsHaveNone(int channels) {
    assertThat(HadamardMatrix.baseOf(channels)).isEmpty();
    assertThat(Rotation.exists(Kind.HADAMARD, channels)).isFalse();
  }

  static List<Rotation> rotations() {
    return List.of(
        new Rotation(Kind.HADAMARD, 2, OptionalLong.empty()),
        new Rotation(Kind.HADAMARD, 16, OptionalLong.of(3)),
        new Rotation(Kind.HADAMARD, 12, OptionalLong.of(4)),
        new Rotation(Kind.HADAMARD, 192, OptionalLong.of(0)),
        new Rotation(Kind.HADAMARD, 1152, OptionalLong.of(5)),
        new Rotation(Kind.REGULAR, 4, OptionalLong.empty()),
        new Rotation(Kind.REGULAR, 16, OptionalLong.of(6)),
        new Rotation(Kind.REGULAR, 256, OptionalLong.empty()));
  }

  @ParameterizedTest
  @MethodSource("rotations")
  void rotationsKeepProductsAndAreUndone(Rotation rotation) {
    int channels = 2 * rotation.block();
    float[] x = normal(channels, 1);
    float[] w = normal(channels, 2);
    double product = 0;
    double rotated = 0;
    double length = 0;
    float[] xr = rotation.rotate(x, channels);
    float[] wr = rotation.rotate(w, channels);
    float[] back = rotation.undo(xr, channels);
    for (int c = 0; c < channels; c++) {
      product += (double) x[c] * w[c];
      rotated += (double) xr[c] * wr[c];
      length += (double) x[c] * x[c];
      assertThat(back[c]).isCloseTo(x[c], offset(2e-6f));
    }
    assertThat(rotated).isCloseTo(product, offset(1e-6 * length));
  }

  /**
   * Entries of the matrix that ComfyUI's int8 files are rotated with: symmetric, rows sum to 16.
   */
  @Test
  void theRegularMatrixIsThatOfExchangedFiles() {
    Rotation rotation = new Rotation(Kind.REGULAR, 256, OptionalLong.empty());
    int[][] four = {{1, 1, 1, -1}, {1, 1, -1, 1}, {1, -1, 1, 1}, {-1, 1, 1, 1}};
    for (int row : new int[] {0, 1, 77, 255}) {
      float[] unit = new float[256];
      unit[row] = 1;
      float[] entries = rotation.rotate(unit, 256);
      float sum = 0;
      for (int column = 0; column < 256; column++) {
        int sign = 1;
        for (int i = row, j = column, n = 0; n < 4; n++, i /= 4, j /= 4) {
          sign *= four[i % 4][j % 4];
        }
        assertThat(entries[column]).isEqualTo(sign / 16f);
        sum += entries[column];
      }
      assertThat(sum).isEqualTo(1f);
    }
  }

  /** What an outlier that all channels share becomes: the reason for regular matrices. */
  @Test
  void regularMatricesSpreadWhatSylvestersCollect() {
    float[] same = new float[256];
    Arrays.fill(same, 1f);
    float[] sylvester = new Rotation(Kind.HADAMARD, 256, OptionalLong.empty()).rotate(same, 256);
    float[] regular = new Rotation(Kind.REGULAR, 256, OptionalLong.empty()).rotate(same, 256);
    assertThat(sylvester[0]).isEqualTo(16f);
    assertThat(regular).containsOnly(1f);
  }

  @Test
  void divisorsWithSignsGiveTheSameToTheBit() {
    Rotation rotation = new Rotation(Kind.HADAMARD, 12, OptionalLong.of(9));
    float[] x = normal(24, 3);
    float[] s = normal(24, 4);
    float[] divided = new float[24];
    float[] signed = new float[24];
    float[] divisors = new float[24];
    for (int c = 0; c < 24; c++) {
      s[c] = 0.1f + Math.abs(s[c]);
      divided[c] = x[c] / s[c];
    }
    divisors = rotation.divisors(Optional.of(s), 24).orElseThrow();
    for (int c = 0; c < 24; c++) {
      signed[c] = x[c] / divisors[c];
    }
    rotation.rotateBlocks(signed);
    assertThat(signed).isEqualTo(rotation.rotate(divided, 24));
    assertThat(new Rotation(Kind.REGULAR, 4, OptionalLong.empty()).divisors(Optional.empty(), 8))
        .isEmpty();
  }

  @Test
  void seedsGiveTheDocumentedSigns() {
    float[] signs = new Rotation(Kind.HADAMARD, 4, OptionalLong.of(42)).signs(64);
    Random random = new Random(42);
    for (float sign : signs) {
      assertThat(sign).isEqualTo(random.nextBoolean() ? -1f : 1f);
    }
    assertThat(signs).contains(1f, -1f);
  }

  @Test
  void refusesWhatDoesNotExist() {
    assertThatThrownBy(() -> new Rotation(Kind.REGULAR, 8, OptionalLong.empty()))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("order 8");
    assertThatThrownBy(() -> new Rotation(Kind.HADAMARD, 130, OptionalLong.empty()))
        .isInstanceOf(ShapeException.class);
    assertThatThrownBy(
            () -> new Rotation(Kind.REGULAR, 4, OptionalLong.empty()).rotate(new float[6], 6))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("whole blocks of 4");
  }

  private static float[] normal(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
