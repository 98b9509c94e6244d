package org.viditq.quantize.weight;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.Rotation;

class CompensatedRoundingTest {
  private static final IntegerFormat FOUR = IntegerFormat.asymmetric(4);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 64, 150})
  void theErrorIsWhatItSaysAndNoMoreThanThatOfRoundingToNearest(int columns) {
    DMatrixRMaj moments = moments(columns, 3);
    CompensatedRounding rounding = CompensatedRounding.of(moments, 1e-6);
    for (int row = 0; row < 10; row++) {
      float[] w = normal(columns, row);
      CompensatedRounding.Row rounded = alone(rounding, w);
      double[] error = new double[columns];
      for (int c = 0; c < columns; c++) {
        assertThat(rounded.codes()[c]).isBetween(0, 15);
        error[c] = w[c] - (rounded.codes()[c] - rounded.zeroPoint()) * (double) rounded.scale();
      }
      double own = form(moments, error);
      assertThat(rounded.error()).isCloseTo(own, Offset.offset(1e-4 * own + 1e-9));
      double[] importance = new double[columns];
      for (int c = 0; c < columns; c++) {
        importance[c] = moments.get(c, c);
      }
      AffineGrid nearest = ShrunkGrids.search(FOUR, w, importance);
      for (int c = 0; c < columns; c++) {
        error[c] = w[c] - nearest.decode(0, nearest.encode(0, w[c]));
      }
      assertThat(own).isLessThanOrEqualTo(form(moments, error) * (1 + 1e-6) + 1e-9);
    }
  }

  @Test
  void findsTheBestCodesOfTwoChannelsThatGoTogether() {
    // Nearly the same input twice: only the sum of the two weights counts.
    DMatrixRMaj moments = new DMatrixRMaj(new double[][] {{1, 0.9999}, {0.9999, 1}});
    CompensatedRounding.Row row =
        alone(CompensatedRounding.of(moments, 1e-6), new float[] {1.5f, 0.46f});
    double sum = 0;
    for (int c = 0; c < 2; c++) {
      sum += (row.codes()[c] - row.zeroPoint()) * (double) row.scale();
    }
    assertThat(sum).isCloseTo(1.96, Offset.offset(0.02));
  }

  @Test
  void dividedInputsAreThoseOfDividedMoments() {
    int columns = 24;
    float[] s = new float[columns];
    for (int c = 0; c < columns; c++) {
      s[c] = (float) Math.exp(normal(columns, 5)[c]);
    }
    DMatrixRMaj moments = moments(columns, 4);
    DMatrixRMaj divided = moments.copy();
    InputMoments.divide(divided, s);
    float[][] quick = {normal(columns, 6)};
    float[][] exact = {normal(columns, 6)};
    CompensatedRounding.of(moments, 0.01).roundRoughly(FOUR, quick, s);
    float[] ones = new float[columns];
    Arrays.fill(ones, 1);
    CompensatedRounding.of(divided, 0.01).roundRoughly(FOUR, exact, ones);
    // The columns are taken in another order, so that codes may differ, but not by much in effect.
    double own = form(divided, errors(quick[0], normal(columns, 6)));
    double expected = form(divided, errors(exact[0], normal(columns, 6)));
    assertThat(own).isBetween(0.5 * expected, 2 * expected);
  }

  private static double[] errors(float[] rounded, float[] weights) {
    double[] errors = new double[weights.length];
    for (int c = 0; c < errors.length; c++) {
      errors[c] = weights[c] - (double) rounded[c];
    }
    return errors;
  }

  /** Blocks and tiles change no sum: the same to the bit as one weight after the other. */
  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 150, 577, 1100})
  void channelsRoundedTogetherAreThoseRoundedOneByOne(int columns) {
    DMatrixRMaj moments = moments(columns, 8, columns > 500 ? 60 : 2 * columns);
    CompensatedRounding rounding = CompensatedRounding.of(moments, 1e-2);
    float[][] weights = new float[5][];
    for (int r = 0; r < weights.length; r++) {
      weights[r] = normal(columns, 20 + r);
    }
    CompensatedRounding.Row[] together = rounding.round(FOUR, weights);
    NaiveRounding naive = new NaiveRounding(rounding);
    for (int r = 0; r < weights.length; r++) {
      for (CompensatedRounding.Row other :
          List.of(alone(rounding, weights[r]), naive.round(FOUR, weights[r]))) {
        assertThat(together[r].codes()).isEqualTo(other.codes());
        assertThat(together[r].scale()).isEqualTo(other.scale());
        assertThat(together[r].zeroPoint()).isEqualTo(other.zeroPoint());
        assertThat(together[r].error()).isEqualTo(other.error());
      }
    }
  }

  private static CompensatedRounding.Row alone(CompensatedRounding rounding, float[] weights) {
    return rounding.round(FOUR, new float[][] {weights})[0];
  }

  @Test
  void channelsThatWereNeverSeenAreRoundedAsTheyAre() {
    DMatrixRMaj moments = new DMatrixRMaj(3, 3);
    moments.set(1, 1, 2);
    CompensatedRounding.Row row =
        alone(CompensatedRounding.of(moments, 0.01), new float[] {-1, 0.2f, 2});
    for (int c = 0; c < 3; c++) {
      float value = (row.codes()[c] - row.zeroPoint()) * row.scale();
      assertThat(value).isCloseTo(new float[] {-1, 0.2f, 2}[c], Offset.offset(0.25f));
    }
    CompensatedRounding.Row zero =
        alone(CompensatedRounding.of(new DMatrixRMaj(3, 3), 0.01), new float[3]);
    assertThat(zero.error()).isZero();
  }

  @Test
  void rotatedMomentsAreThoseOfRotatedRows() {
    Rotation rotation = new Rotation(Rotation.Kind.HADAMARD, 12, OptionalLong.of(1));
    DMatrixRMaj rotated = new DMatrixRMaj(12, 12);
    DMatrixRMaj plain = new DMatrixRMaj(12, 12);
    for (int row = 0; row < 30; row++) {
      float[] x = normal(12, 100 + row);
      float[] y = rotation.rotate(x, 12);
      for (int i = 0; i < 12; i++) {
        for (int j = 0; j < 12; j++) {
          plain.add(i, j, (double) x[i] * x[j]);
          rotated.add(i, j, (double) y[i] * y[j]);
        }
      }
    }
    InputMoments.rotate(plain, rotation);
    for (int i = 0; i < 144; i++) {
      assertThat(plain.data[i]).isCloseTo(rotated.data[i], Offset.offset(1e-4));
    }
  }

  private static double form(DMatrixRMaj moments, double[] error) {
    double sum = 0;
    for (int i = 0; i < error.length; i++) {
      for (int j = 0; j < error.length; j++) {
        sum += error[i] * moments.get(i, j) * error[j];
      }
    }
    return sum;
  }

  /** Of channels that go together, from more rows than channels. */
  private static DMatrixRMaj moments(int columns, long seed) {
    return moments(columns, seed, 2 * columns);
  }

  private static DMatrixRMaj moments(int columns, long seed, int rows) {
    Random random = new Random(seed);
    DMatrixRMaj moments = new DMatrixRMaj(columns, columns);
    for (int row = 0; row < rows; row++) {
      double common = random.nextGaussian();
      double[] x = new double[columns];
      for (int c = 0; c < columns; c++) {
        x[c] = common + 0.5 * random.nextGaussian();
      }
      for (int i = 0; i < columns; i++) {
        for (int j = 0; j < columns; j++) {
          moments.add(i, j, x[i] * x[j]);
        }
      }
    }
    return moments;
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
