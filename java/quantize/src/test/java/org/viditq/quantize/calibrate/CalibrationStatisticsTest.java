package org.viditq.quantize.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.TinyModel;

class CalibrationStatisticsTest {
  @TempDir Path folder;

  @Test
  void recordsOnlyTheStepsThatAreKept() {
    CalibrationStatistics statistics = TinyModel.statistics(1, "m");
    assertThat(statistics.timesteps()).containsExactly(900.0, 600.5, 300.0, 100.0);
    assertThat(statistics.inputs()).hasSize(4);
    assertThat(statistics.layers())
        .containsExactly(TinyModel.ATTENTION, TinyModel.MLP, TinyModel.OUTPUT);
  }

  @Test
  void spreadsKeptStepsEvenly() {
    for (int[] c : new int[][] {{10, 20, 10}, {3, 10, 3}, {20, 5, 5}, {1, 7, 1}, {7, 7, 7}}) {
      CalibrationRecorder recorder = CalibrationRecorder.keeping(c[0], c[1]);
      for (int step = 0; step < c[1]; step++) {
        recorder.beforeDenoising(step, TinyModel.statistics(1, "m").inputs().get(0));
      }
      assertThat(recorder.batches()).as("%d of %d", c[0], c[1]).isEqualTo(c[2]);
    }
  }

  @Test
  void statisticsOfARangeUseItsBatchesInOrder() {
    CalibrationRecorder recorder = new CalibrationRecorder(step -> true);
    float[][] inputs = {{8, 1}, {2, 4}, {1, 1}};
    double[] timesteps = {900, 400, 500};
    for (int i = 0; i < inputs.length; i++) {
      recorder.begin(timesteps[i]);
      recorder.observe(List.of("fc"), Tensor.of(inputs[i], 1, 1, 2), 1);
    }
    CalibrationStatistics statistics = recorder.statistics("m");
    assertThat(statistics.channelScale("fc", TimestepRange.closed(501, 1000), 0.95))
        .containsExactly(8f, 1f);
    assertThat(statistics.channelScale("fc", TimestepRange.closed(0, 500), 0.95))
        .containsExactly(0.95f * 2 + 0.05f, 0.95f * 4 + 0.05f);
    assertThatThrownBy(() -> statistics.channelScale("fc", TimestepRange.closed(0, 99), 0.95))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining(
            "No calibration batch lies in the plan's balancing range from timestep 0 to below 100");
    assertThatThrownBy(() -> statistics.channelScale("other", TimestepRange.ALL, 0.95))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("lack layer other");
  }

  @Test
  void readsWhatItWrote() {
    CalibrationStatistics written = TinyModel.statistics(2, "abc");
    Path file = folder.resolve("statistics.safetensors");
    CalibrationStatisticsFile.write(file, written);
    CalibrationStatistics read = CalibrationStatisticsFile.read(file);

    assertThat(read.model()).isEqualTo("abc");
    assertThat(read.timesteps()).isEqualTo(written.timesteps());
    assertThat(read.layers()).containsExactlyElementsOf(written.layers());
    for (String layer : written.layers()) {
      for (TimestepRange range :
          List.of(TimestepRange.closed(0, 500), TimestepRange.closed(501, 1000))) {
        assertThat(read.channelScale(layer, range, 0.95))
            .isEqualTo(written.channelScale(layer, range, 0.95));
      }
      for (int i = 0; i < written.observations(layer).size(); i++) {
        InputStatistics a = written.observations(layer).get(i).input();
        InputStatistics b = read.observations(layer).get(i).input();
        assertThat(b.tokenMin()).isEqualTo(a.tokenMin());
        assertThat(b.tokenMax()).isEqualTo(a.tokenMax());
      }
    }
    for (int i = 0; i < written.inputs().size(); i++) {
      Map<String, Tensor> before = written.inputs().get(i).tensors();
      Map<String, Tensor> after = read.inputs().get(i).tensors();
      assertThat(after.keySet()).containsExactlyElementsOf(before.keySet());
      before.forEach(
          (name, tensor) -> {
            assertThat(after.get(name).shape()).isEqualTo(tensor.shape());
            assertThat(after.get(name).data()).isEqualTo(tensor.data());
          });
    }
    // All batches share their text, which is stored once.
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      assertThat(checkpoint.names()).contains("input.text.0").doesNotContain("input.text.1");
    }
  }

  @Test
  void rejectsStatisticsOfAnotherModel() {
    assertThatThrownBy(() -> TinyModel.statistics(1, "one").requireModel("two"))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("belong to another model");
  }

  @Test
  void identityTellsModelsApart() {
    ObjectNode config = JsonNodeFactory.instance.objectNode().put("layers", 8).put("_version", "1");
    String identity = ModelIdentity.of(config, TinyModel.weights(1));
    assertThat(ModelIdentity.of(config, TinyModel.weights(1))).isEqualTo(identity);
    assertThat(ModelIdentity.of(config, TinyModel.weights(2))).isNotEqualTo(identity);
    assertThat(ModelIdentity.of(config.deepCopy().put("_version", "2"), TinyModel.weights(1)))
        .isEqualTo(identity);
    assertThat(ModelIdentity.of(config.deepCopy().put("layers", 9), TinyModel.weights(1)))
        .isNotEqualTo(identity);
  }

  @Test
  void rejectsOtherSafetensorsFiles() {
    Path file = folder.resolve("weights.safetensors");
    SafetensorsWriter.write(file, List.of(), Map.of());
    assertThatThrownBy(() -> CalibrationStatisticsFile.read(file))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("holds no calibration statistics");
  }

  @Test
  void namesTheTensorThatDoesNotFit() {
    Path file = folder.resolve("statistics.safetensors");
    CalibrationStatisticsFile.write(file, TinyModel.statistics(2, "abc"));
    String batch = "layer." + TinyModel.MLP + ".batch";
    replace(file, MemoryTensor.ofInts(batch, Shape.of(4), new int[] {0, 1, 2, 9}));
    assertThatThrownBy(() -> CalibrationStatisticsFile.read(file))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining(batch)
        .hasMessageContaining("names a batch that does not exist");
    replace(file, MemoryTensor.ofInts(batch, Shape.of(3), new int[3]));
    assertThatThrownBy(() -> CalibrationStatisticsFile.read(file))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining(TinyModel.MLP);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void survivesDamage(long seed) throws IOException {
    Path file = folder.resolve("statistics.safetensors");
    CalibrationStatisticsFile.write(file, TinyModel.statistics(2, "abc"));
    byte[] original = Files.readAllBytes(file);
    Random random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      byte[] damaged = original.clone();
      for (int i = random.nextInt(8); i >= 0; i--) {
        damaged[random.nextInt(round % 2 == 0 ? 4000 : damaged.length)] ^=
            (byte) (1 << random.nextInt(8));
      }
      Path copy = Files.write(folder.resolve("damaged.safetensors"), damaged);
      try {
        assertThat(CalibrationStatisticsFile.read(copy)).isNotNull();
      } catch (ViditqException expected) {
        assertThat(expected.getMessage()).isNotBlank();
      }
    }
  }

  private static void replace(Path file, StoredTensor tensor) {
    List<StoredTensor> tensors = new ArrayList<>();
    Map<String, String> metadata;
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      metadata = checkpoint.metadata();
      for (String name : checkpoint.names()) {
        StoredTensor old = checkpoint.get(name);
        byte[] bytes = new byte[old.bytes().remaining()];
        old.bytes().get(bytes);
        tensors.add(
            name.equals(tensor.name())
                ? tensor
                : MemoryTensor.ofBytes(name, old.dtype(), old.shape(), bytes));
      }
    }
    SafetensorsWriter.write(file, tensors, metadata);
  }
}
