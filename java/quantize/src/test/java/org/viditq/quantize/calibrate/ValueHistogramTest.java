package org.viditq.quantize.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;

class ValueHistogramTest {
  private static double error(AffineGrid grid, float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += Math.pow((double) grid.decode(0, grid.encode(0, value)) - value, 2);
    }
    return sum;
  }

  @Test
  void theRangeIsNearlyTheBestOfAll() {
    Random random = new Random(3);
    float[] values = new float[20_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.exp(random.nextGaussian()));
    }
    for (int bits : new int[] {4, 6, 8}) {
      IntegerFormat format = IntegerFormat.asymmetric(bits);
      ValueHistogram histogram = new ValueHistogram();
      for (int part = 0; part < 4; part++) {
        // Ever larger ones, so that bins become wider in between.
        float[] some = new float[5000];
        for (int i = 0; i < some.length; i++) {
          some[i] = values[part * 5000 + i] * (part + 1) * (part + 1);
          values[part * 5000 + i] = some[i];
        }
        histogram.add(some);
      }
      double best = Double.POSITIVE_INFINITY;
      float lo = 0;
      float hi = 0;
      for (float value : values) {
        lo = Math.min(lo, value);
        hi = Math.max(hi, value);
      }
      for (int i = 0; i <= 80; i++) {
        float p = 1 - 0.01f * i;
        best =
            Math.min(
                best,
                error(MinMaxGrid.of(format, new float[] {lo * p}, new float[] {hi * p}), values));
      }
      assertThat(error(histogram.search(format), values)).isCloseTo(best, within(best * 0.05));
    }
  }

  @Test
  void equalValuesAndZerosHaveAGrid() {
    ValueHistogram zeros = new ValueHistogram();
    zeros.add(new float[8]);
    assertThat(zeros.search(IntegerFormat.asymmetric(8)).scale()[0]).isEqualTo(1e-6f);
    ValueHistogram late = new ValueHistogram();
    late.add(new float[8]);
    late.add(new float[] {3, 3, 3});
    AffineGrid grid = late.search(IntegerFormat.asymmetric(8));
    assertThat(grid.decode(0, grid.encode(0, 3f))).isCloseTo(3f, within(0.02f));
    ValueHistogram one = new ValueHistogram();
    one.add(new float[] {-4});
    AffineGrid own = one.search(IntegerFormat.asymmetric(4));
    assertThat(own.decode(0, own.encode(0, -4f))).isCloseTo(-4f, within(0.3f));
  }
}
