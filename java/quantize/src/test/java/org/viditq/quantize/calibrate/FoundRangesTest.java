package org.viditq.quantize.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;

class FoundRangesTest {
  private static final List<String> LAYERS = List.of("a", "b");

  /**
   * Batches from the noisiest on, layer a of the profiles' channels and b of one that is the same.
   */
  private static CalibrationStatistics seen(double[] timesteps, float[][] profiles) {
    CalibrationRecorder recorder = new CalibrationRecorder(step -> true);
    for (int i = 0; i < timesteps.length; i++) {
      recorder.begin(timesteps[i]);
      recorder.observe(List.of("a"), Tensor.of(profiles[i].clone(), 1, 1, profiles[i].length), 1);
      recorder.observe(List.of("b"), Tensor.of(new float[] {3}, 1, 1, 1), 1);
    }
    return recorder.statistics("m");
  }

  @Test
  void theCutIsWhereTheProfileChanges() {
    double[] timesteps = {950, 850, 750, 650, 550, 450, 350, 250, 150, 50};
    float[][] profiles = new float[10][];
    for (int i = 0; i < 10; i++) {
      profiles[i] = i < 3 ? new float[] {1, 8} : i < 8 ? new float[] {2, 8} : new float[] {2, 1};
    }
    CalibrationStatistics statistics = seen(timesteps, profiles);
    assertThat(FoundRanges.of(statistics, LAYERS, 1)).containsExactly(TimestepRange.ALL);
    // Three octaves in one channel between 150 and 250 matter more than one between 650 and 750.
    assertThat(FoundRanges.of(statistics, LAYERS, 2))
        .containsExactly(TimestepRange.closed(0, 200), TimestepRange.closed(201, 1000));
    assertThat(FoundRanges.of(statistics, LAYERS, 3))
        .containsExactly(
            TimestepRange.closed(0, 200),
            TimestepRange.closed(201, 700),
            TimestepRange.closed(701, 1000));
  }

  @Test
  void noOtherCutsAreBetter() {
    Random random = new Random(5);
    double[] timesteps = new double[9];
    float[][] profiles = new float[9][4];
    for (int i = 0; i < 9; i++) {
      timesteps[i] = 900 - 100 * i;
      for (int c = 0; c < 4; c++) {
        profiles[i][c] = (float) Math.exp(random.nextGaussian());
      }
    }
    CalibrationStatistics statistics = seen(timesteps, profiles);
    List<TimestepRange> found = FoundRanges.of(statistics, LAYERS, 3);
    double best = scatter(timesteps, profiles, found);
    for (int first = 150; first < 900; first += 100) {
      for (int second = first + 100; second < 900; second += 100) {
        List<TimestepRange> other =
            List.of(
                TimestepRange.closed(0, first),
                TimestepRange.closed(first + 1, second),
                TimestepRange.closed(second + 1, 1000));
        assertThat(best).isLessThanOrEqualTo(scatter(timesteps, profiles, other) + 1e-9);
      }
    }
  }

  private static double scatter(
      double[] timesteps, float[][] profiles, List<TimestepRange> ranges) {
    double sum = 0;
    for (TimestepRange range : ranges) {
      List<float[]> own = new ArrayList<>();
      for (int i = 0; i < timesteps.length; i++) {
        if (range.contains(timesteps[i])) {
          own.add(profiles[i]);
        }
      }
      for (int c = 0; c < profiles[0].length; c++) {
        int channel = c;
        double mean = own.stream().mapToDouble(p -> Math.log(p[channel])).average().orElse(0);
        sum += own.stream().mapToDouble(p -> Math.pow(Math.log(p[channel]) - mean, 2)).sum();
      }
    }
    return sum;
  }

  @Test
  void batchesOfOneTimestepAreNotTornApart() {
    double[] timesteps = {800.25, 800.75, 300, 300};
    float[][] profiles = {{1, 1}, {9, 9}, {1, 1}, {9, 9}};
    assertThat(FoundRanges.of(seen(timesteps, profiles), LAYERS, 2))
        .containsExactly(TimestepRange.closed(0, 550), TimestepRange.closed(551, 1000));
  }

  @Test
  void moreRangesThanTimestepsAreRefused() {
    CalibrationStatistics statistics = seen(new double[] {800, 300}, new float[][] {{1}, {2}});
    assertThatThrownBy(() -> FoundRanges.of(statistics, LAYERS, 3))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("only 2 timesteps were calibrated");
  }
}
