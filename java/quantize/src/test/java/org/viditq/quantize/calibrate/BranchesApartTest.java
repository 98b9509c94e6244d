package org.viditq.quantize.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

class BranchesApartTest {
  @TempDir Path folder;

  /** One prompt with guidance; channel maxima are {1, 8} without and {6, 2} with it. */
  private static CalibrationStatistics seen(boolean apart) {
    CalibrationRecorder recorder = new CalibrationRecorder(step -> true, apart);
    Tensor latents = Tensor.of(new float[] {1, 2, 3, 4}, 2, 1, 1, 2);
    recorder.beforeDenoising(0, DenoiserInput.of(latents, 700, Map.of()));
    recorder.observe(List.of("fc"), Tensor.of(new float[] {1, -8, -6, 2}, 2, 1, 2), 1);
    recorder.observe(List.of("time"), Tensor.of(new float[] {5, 5}, 1, 2), 1);
    return recorder.statistics("m");
  }

  @Test
  void togetherTheMeanOfTheBranchesCounts() {
    CalibrationStatistics together = seen(false);
    assertThat(together.branches()).isEmpty();
    assertThat(together.timesteps()).containsExactly(700.0);
    assertThat(together.channelScale("fc", TimestepRange.ALL, 0.95)).containsExactly(3.5f, 5f);
  }

  @Test
  void apartEachIsABatchAndTheLargerCounts() {
    CalibrationStatistics apart = seen(true);
    assertThat(apart.branches()).containsExactly(0, 1);
    assertThat(apart.timesteps()).containsExactly(700.0, 700.0);
    assertThat(apart.inputs().get(0).latents().data()).containsExactly(1, 2);
    assertThat(apart.inputs().get(1).latents().data()).containsExactly(3, 4);
    assertThat(apart.inputs().get(1).timesteps().data()).containsExactly(700);
    assertThat(apart.channelScale("fc", TimestepRange.ALL, 0.95)).containsExactly(6f, 8f);
    assertThat(apart.channelScale("time", TimestepRange.ALL, 0.95)).containsExactly(5f, 5f);
  }

  @Test
  void theFileKeepsThem() {
    Path file = folder.resolve("stats.safetensors");
    CalibrationStatisticsFile.write(file, seen(true));
    CalibrationStatistics read = CalibrationStatisticsFile.read(file);
    assertThat(read.branches()).containsExactly(0, 1);
    assertThat(read.channelScale("fc", TimestepRange.ALL, 0.95)).containsExactly(6f, 8f);
    CalibrationStatisticsFile.write(file, seen(false));
    assertThat(CalibrationStatisticsFile.read(file).branches()).isEmpty();
  }

  @Test
  void damagedBranchesAreReported() {
    Path file = folder.resolve("stats.safetensors");
    CalibrationStatisticsFile.write(file, seen(true));
    for (int[] damaged : new int[][] {{0}, {0, 2}, {-1, 0}}) {
      Path bad = folder.resolve("bad.safetensors");
      try (Checkpoint whole = Checkpoints.open(file)) {
        List<StoredTensor> tensors =
            whole.names().stream()
                .map(
                    name ->
                        name.equals("branch")
                            ? MemoryTensor.ofInts(name, Shape.of(damaged.length), damaged)
                            : whole.get(name))
                .toList();
        SafetensorsWriter.write(bad, tensors, whole.metadata());
      }
      assertThatThrownBy(() -> CalibrationStatisticsFile.read(bad))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContaining("Tensor branch")
          .hasMessageContaining("calibrate again");
    }
  }

  @Test
  void anOddBatchHasNoBranches() {
    CalibrationRecorder recorder = new CalibrationRecorder(step -> true, true);
    DenoiserInput odd = DenoiserInput.of(Tensor.zeros(3, 1, 1, 1), 700, Map.of());
    assertThatThrownBy(() -> recorder.beforeDenoising(0, odd))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 samples");
  }
}
