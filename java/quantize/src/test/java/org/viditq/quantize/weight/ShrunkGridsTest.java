package org.viditq.quantize.weight;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;

class ShrunkGridsTest {
  private static final int COLUMNS = 24;
  private static final IntegerFormat FORMAT = IntegerFormat.asymmetric(4);

  /** E (Σ e x)² over samples of independent channels with these means and variances. */
  private static double outputError(AffineGrid grid, float[] row, ChannelMoments input) {
    double sum = 0;
    double together = 0;
    for (int c = 0; c < COLUMNS; c++) {
      double error = (double) grid.decode(0, grid.encode(0, row[c])) - row[c];
      sum += error * error * input.variance()[c];
      together += error * input.mean()[c];
    }
    return sum + together * together;
  }

  private static float[] row(Random random) {
    float[] row = new float[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
      row[c] = (float) random.nextGaussian();
    }
    return row;
  }

  @Test
  void theSearchByOutputsFindsTheSmallestErrorOfOutputs() {
    Random random = new Random(11);
    double[] mean = new double[COLUMNS];
    double[] variance = new double[COLUMNS];
    int better = 0;
    for (int repetition = 0; repetition < 50; repetition++) {
      for (int c = 0; c < COLUMNS; c++) {
        mean[c] = 1 + 0.1 * random.nextGaussian();
        variance[c] = 0.1 * random.nextDouble();
      }
      ChannelMoments input = new ChannelMoments(mean, variance);
      float[] row = row(random);
      double found = outputError(ShrunkGrids.search(FORMAT, row, input), row, input);
      double byWeights = outputError(ShrunkGrids.search(FORMAT, row, (double[]) null), row, input);
      assertThat(found).isLessThanOrEqualTo(byWeights * (1 + 1e-9));
      better += found < 0.5 * byWeights ? 1 : 0;
    }
    // The error of the weights does not see what adds up.
    assertThat(better).isGreaterThan(25);
  }

  @Test
  void inputsWithoutMeanMakeBothSearchesOne() {
    Random random = new Random(12);
    double[] variance = new double[COLUMNS];
    Arrays.fill(variance, 2);
    ChannelMoments input = new ChannelMoments(new double[COLUMNS], variance);
    for (int repetition = 0; repetition < 20; repetition++) {
      float[] row = row(random);
      assertThat(ShrunkGrids.search(FORMAT, row, input).scale()[0])
          .isEqualTo(ShrunkGrids.search(FORMAT, row, (double[]) null).scale()[0]);
    }
  }

  @Test
  void momentsFollowTheDivision() {
    ChannelMoments input = new ChannelMoments(new double[] {2, 3}, new double[] {4, 9});
    ChannelMoments divided = input.divided(new float[] {2, 0.5f});
    assertThat(divided.mean()).containsExactly(1, 6);
    assertThat(divided.variance()).containsExactly(1, 36);
  }
}
