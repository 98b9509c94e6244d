package org.viditq.quantize.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.Rotation.Kind;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.SchemeModel;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.PlanReader;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;

class ExchangedInt8Test {
  private static final String MARK =
      "{\"format\":\"int8_tensorwise\",\"convrot\":true,\"convrot_groupsize\":16}";

  @TempDir Path folder;

  /** Codes and scales by the definition that the producers of these files share. */
  @Test
  void filesHoldSymmetricCodesOfRotatedRows() throws IOException {
    Path file = written(BuiltInPlans.get("convrot"));
    float[] weight = SchemeModel.weights().get(SchemeModel.LAYER + ".weight").toTensor().data();
    int in = SchemeModel.IN;
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      // 48 channels are three groups of 16; 64 and 256 do not divide them.
      assertThat(text(checkpoint.get(SchemeModel.LAYER + ".comfy_quant")))
          .isEqualTo(
              "{\"format\":\"int8_tensorwise\",\"convrot\":true,\"convrot_groupsize\":16,"
                  + "\"per_row\":true}");
      StoredTensor codes = checkpoint.get(SchemeModel.LAYER + ".weight");
      float[] scale = checkpoint.get(SchemeModel.LAYER + ".weight_scale").toTensor().data();
      assertThat(checkpoint.get(SchemeModel.LAYER + ".weight_scale").shape())
          .isEqualTo(Shape.of(SchemeModel.OUT, 1));
      float[] rotated = new Rotation(Kind.REGULAR, 16, OptionalLong.empty()).rotate(weight, in);
      for (int row = 0; row < SchemeModel.OUT; row++) {
        float largest = 0;
        for (int c = 0; c < in; c++) {
          largest = Math.max(largest, Math.abs(rotated[row * in + c]));
        }
        assertThat(scale[row]).isEqualTo(largest / 127);
        for (int c = 0; c < in; c++) {
          assertThat((int) codes.bytes().get(row * in + c))
              .isEqualTo((int) Math.rint(rotated[row * in + c] / scale[row]));
        }
      }
    }
  }

  @Test
  void readsWhatItWrote() throws IOException {
    QuantizedLayers layers = quantize(BuiltInPlans.get("convrot"));
    try (Checkpoint checkpoint = Checkpoints.open(written(BuiltInPlans.get("convrot")))) {
      assertThat(QuantizedCheckpoint.recognizes(checkpoint)).isTrue();
      QuantizedCheckpoint read = QuantizedCheckpoint.read(checkpoint);
      assertThat(read.layers().layers()).containsOnlyKeys(layers.layers().keySet());
      for (String name : layers.layers().keySet()) {
        WeightSet expected = layers.layers().get(name).sets().get(0);
        WeightSet actual = read.layers().layers().get(name).sets().get(0);
        assertThat(actual.weight().integerCodes()).isEqualTo(expected.weight().integerCodes());
        assertThat(actual.weight().grid().scale()).isEqualTo(expected.weight().grid().scale());
        assertThat(actual.rotation()).isEqualTo(expected.rotation());
        assertThat(actual.activation()).isEqualTo(expected.activation());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "model.diffusion_model.", "diffusion_model."})
  void readsFilesOfOthers(String prefix) {
    for (int scales : new int[] {1, 4}) {
      QuantizedLinearParameters layer =
          QuantizedCheckpoint.read(file(prefix, MARK, Tensor.full(0.5f, scales)))
              .layers()
              .layers()
              .get("a.b");
      WeightSet set = layer.sets().get(0);
      assertThat(set.rotation()).contains(new Rotation(Kind.REGULAR, 16, OptionalLong.empty()));
      assertThat(set.weight().grid().format()).isEqualTo(IntegerFormat.symmetric(8));
      assertThat(set.weight().dequantize()[33]).isEqualTo(0.5f * codes()[33]);
      assertThat(layer.bias().orElseThrow().data()).containsOnly(2f);
    }
    String unrotated = "{\"format\":\"int8_tensorwise\"}";
    assertThat(
            QuantizedCheckpoint.read(file(prefix, unrotated, Tensor.full(1, 4, 1)))
                .layers()
                .layers()
                .get("a.b")
                .sets()
                .get(0)
                .rotation())
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"format\":\"float8_e4m3fn\"}                        | int8_tensorwise is read",
        "{\"format\":\"int8_tensorwise\",\"convrot\":true}       | blocks of the 256",
        "{\"format\":\"int8_tensorwise\",\"convrot\":true,\"convrot_groupsize\":8} | no power of four",
        "{\"format\":\"int8_tensorwise\",\"convrot\":true,\"convrot_groupsize\":\"x\"} | no power of four",
        "{                                                   | is no JSON"
      })
  void refusesWhatItDoesNotKnow(String mark, String message) {
    assertThatThrownBy(() -> QuantizedCheckpoint.read(file("", mark, Tensor.full(1, 4))))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesScalesThatAreNone() {
    for (Tensor scale :
        List.of(
            Tensor.zeros(4), Tensor.full(-1, 1), Tensor.full(1, 3), Tensor.full(Float.NaN, 1))) {
      assertThatThrownBy(() -> QuantizedCheckpoint.read(file("", MARK, scale)))
          .isInstanceOf(ViditqException.class)
          .hasMessageContaining("a.b.weight_scale");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "weight: {bits: 8}",
        "weight: {bits: 4, symmetric: true}\nactivation: {symmetric: true}",
        "weight: {bits: 8, symmetric: true}\nactivation: {symmetric: true}\nrotation: {}",
        "weight: {bits: 8, symmetric: true}\nactivation: {symmetric: true}\nbalance: {alpha: 0.5}",
        "weight: {bits: 8, symmetric: true}\nactivation: {bits: 6, symmetric: true}"
      })
  void refusesPlansThatTheFormHasNoWordsFor(String yaml) {
    assertThatThrownBy(() -> written(plan(yaml)))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("use plan convrot");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void survivesDamage(long seed) throws IOException {
    byte[] original = Files.readAllBytes(written(BuiltInPlans.get("convrot")));
    Random random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      byte[] damaged = original.clone();
      for (int i = random.nextInt(8); i >= 0; i--) {
        int at = random.nextInt(round % 2 == 0 ? 1200 : damaged.length);
        damaged[at] ^= (byte) (1 << random.nextInt(8));
      }
      Path copy = Files.write(folder.resolve("damaged.safetensors"), damaged);
      try (Checkpoint checkpoint = Checkpoints.open(copy)) {
        assertThat(QuantizedCheckpoint.read(checkpoint)).isNotNull();
      } catch (ViditqException expected) {
        assertThat(expected.getMessage()).isNotBlank();
      }
    }
  }

  private static byte[] codes() {
    byte[] codes = new byte[4 * 16];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) (i * 37);
    }
    return codes;
  }

  private static Checkpoint file(String prefix, String mark, Tensor scale) {
    byte[] bytes = mark.getBytes(StandardCharsets.UTF_8);
    List<StoredTensor> tensors = new ArrayList<>();
    tensors.add(MemoryTensor.ofBytes(prefix + "a.b.weight", DType.I8, Shape.of(4, 16), codes()));
    tensors.add(MemoryTensor.of(prefix + "a.b.weight_scale", scale));
    tensors.add(
        MemoryTensor.ofBytes(prefix + "a.b.comfy_quant", DType.U8, Shape.of(bytes.length), bytes));
    tensors.add(MemoryTensor.of(prefix + "a.b.bias", Tensor.full(2, 4)));
    return new MemoryCheckpoint("exchanged", tensors, Map.of());
  }

  private static String text(StoredTensor tensor) {
    byte[] bytes = new byte[tensor.bytes().remaining()];
    tensor.bytes().get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private QuantizationPlan plan(String yaml) throws IOException {
    return new PlanReader().read(Files.writeString(folder.resolve("plan.yaml"), yaml));
  }

  private static QuantizedLayers quantize(QuantizationPlan plan) {
    return new Quantizer(plan)
        .quantize(
            SchemeModel.model(),
            SchemeModel.weights(),
            Optional.of(SchemeModel.statistics()),
            Quantizer.Progress.NONE);
  }

  private Path written(QuantizationPlan plan) {
    Path file = folder.resolve("exchanged.safetensors");
    ExchangedInt8.write(file, SchemeModel.weights(), quantize(plan));
    return file;
  }
}
