package org.viditq.quantize.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
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
import org.viditq.core.error.ViditqException;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.TinyModel;
import org.viditq.quantize.plan.PlanReader;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;

class QuantizedCheckpointTest {
  private static final String W8 = "weight: {bits: 8}\nquantize: [blocks.]\n";
  private static final String W6_SYMMETRIC =
      "weight: {bits: 6, symmetric: true}\nactivation: {bits: 6, symmetric: true}\n";
  private static final String W4_TIMESTEP_AWARE =
      "weight: {bits: 4}\nquantize: [blocks.]\n"
          + "balance: {alpha: [0.3, 0.6], ranges: [[0, 500], [501, 1000]]}\n";
  private static final String MIXED =
      "weight: {bits: 4}\nquantize: [blocks.]\nbalance: {alpha: 0.5}\n"
          + "mixed_precision: {weight: {3-3: {blocks.0.attn.q: 8}, 2-0: {blocks.0.mlp.fc1: 6}}}\n";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {W8, W6_SYMMETRIC, W4_TIMESTEP_AWARE, MIXED})
  void readsWhatItWrote(String yaml) throws IOException {
    QuantizedLayers written = write(yaml, UnaryOperator.identity());
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      QuantizedCheckpoint read = QuantizedCheckpoint.read(checkpoint);
      assertThat(read.plan()).isEqualTo("plan");
      assertThat(read.layers().layers()).containsOnlyKeys(written.layers().keySet());
      written
          .layers()
          .forEach((name, layer) -> assertEqual(read.layers().layers().get(name), layer));
      assertThat(read.layers().sizeInBytes()).isEqualTo(written.sizeInBytes());
      assertThat(read.parameters().tensor("scale_shift_table", 2, TinyModel.CHANNELS).data())
          .isEqualTo(TinyModel.weights(1).get("scale_shift_table").toTensor().data());
      assertThat(read.parameters().linear(TinyModel.ATTENTION, TinyModel.CHANNELS, 9))
          .isInstanceOf(QuantizedLinearParameters.class);
    }
  }

  @Test
  void keepsStaticGrids() throws IOException {
    AffineGrid grid =
        MinMaxGrid.of(IntegerFormat.asymmetric(8), new float[] {-1, 0}, new float[] {3, 2});
    QuantizedLayers written = write(W8, layers -> withActivation(layers, new StaticToken(grid)));
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      QuantizedCheckpoint read = QuantizedCheckpoint.read(checkpoint);
      written
          .layers()
          .forEach((name, layer) -> assertEqual(read.layers().layers().get(name), layer));
    }
  }

  @Test
  void followsCompressedTensorsForInt4() throws IOException {
    QuantizedLayers written =
        write("weight: {bits: 4}\nquantize: [attn]\n", UnaryOperator.identity());
    WeightSet set = written.layers().get(TinyModel.ATTENTION).sets().get(0);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      StoredTensor packed = checkpoint.get(TinyModel.ATTENTION + ".weight_packed");
      assertThat(packed.dtype()).isEqualTo(DType.I32);
      assertThat(packed.shape()).isEqualTo(Shape.of(9, 2)); // 11 codes fill two words
      StoredTensor zeroPoint = checkpoint.get(TinyModel.ATTENTION + ".weight_zero_point");
      assertThat(zeroPoint.shape()).isEqualTo(Shape.of(2, 1)); // packed along the outputs
      byte[] codes = new byte[TinyModel.CHANNELS];
      for (int row = 0; row < 9; row++) {
        set.weight().codes().copyRow(row, codes, 0);
        for (int c = 0; c < codes.length; c++) {
          int word = packed.bytes().getInt((row * 2 + c / 8) * 4);
          assertThat(word >>> 4 * (c % 8) & 0xf).isEqualTo(codes[c]);
        }
        int zeroWord = zeroPoint.bytes().getInt(row / 8 * 4);
        assertThat(zeroWord >>> 4 * (row % 8) & 0xf)
            .isEqualTo(set.weight().grid().zeroPoint()[row]);
      }
      assertThat(checkpoint.get(TinyModel.ATTENTION + ".weight_shape").bytes().asLongBuffer())
          .isEqualTo(LongBuffer.wrap(new long[] {9, 11}));
      assertThat(checkpoint.contains(TinyModel.ATTENTION + ".weight")).isFalse();
    }
    JsonNode config = new ObjectMapper().readTree(folder.resolve("out/config.json").toFile());
    JsonNode quantization = config.get("quantization_config");
    assertThat(config.get("num_layers").intValue()).isEqualTo(1);
    assertThat(quantization.get("quant_method").textValue()).isEqualTo("compressed-tensors");
    assertThat(quantization.get("format").textValue()).isEqualTo("pack-quantized");
    assertThat(quantization.get("ignore"))
        .extracting(JsonNode::textValue)
        .containsExactly(TinyModel.MLP, TinyModel.OUTPUT);
    JsonNode group = quantization.get("config_groups").get("group_0");
    assertThat(group.get("weights").get("num_bits").intValue()).isEqualTo(4);
    assertThat(group.get("weights").get("strategy").textValue()).isEqualTo("channel");
    assertThat(group.get("input_activations").get("strategy").textValue()).isEqualTo("token");
    assertThat(group.get("input_activations").get("dynamic").booleanValue()).isTrue();
  }

  @Test
  void storesAsymmetricBytesSigned() throws IOException {
    QuantizedLayers written = write(W8, UnaryOperator.identity());
    WeightSet set = written.layers().get(TinyModel.MLP).sets().get(0);
    byte[] codes = new byte[TinyModel.CHANNELS];
    set.weight().codes().copyRow(3, codes, 0);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      StoredTensor weight = checkpoint.get(TinyModel.MLP + ".weight");
      StoredTensor zeroPoint = checkpoint.get(TinyModel.MLP + ".weight_zero_point");
      assertThat(weight.bytes().get(3 * TinyModel.CHANNELS))
          .isEqualTo((byte) ((codes[0] & 0xff) - 128));
      assertThat(zeroPoint.bytes().get(3))
          .isEqualTo((byte) (set.weight().grid().zeroPoint()[3] - 128));
      // (q - z) * scale is what it was, give or take half a step.
      float value =
          (weight.bytes().get(3 * TinyModel.CHANNELS) - zeroPoint.bytes().get(3))
              * set.weight().grid().scale()[3];
      float original =
          TinyModel.weights(1)
              .get(TinyModel.MLP + ".weight")
              .toTensor()
              .data()[3 * TinyModel.CHANNELS];
      assertThat(Math.abs(value - original)).isLessThan(set.weight().grid().scale()[3]);
    }
  }

  @Test
  void sharesWeightsOfEqualSets() throws IOException {
    QuantizedLayers written =
        write(
            "weight: {bits: 4}\nquantize: [mlp]\n"
                + "mixed_precision: {weight: {2: {blocks.0.mlp.fc1: 8}, 1: {}, 0: {blocks.0.mlp.fc1: 8}}}\n",
            UnaryOperator.identity());
    List<WeightSet> sets = written.layers().get(TinyModel.MLP).sets();
    assertThat(sets).hasSize(3);
    assertThat(sets.get(0).weight()).isSameAs(sets.get(2).weight());
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      assertThat(checkpoint.contains(TinyModel.MLP + ".weight_set_1.weight_packed")).isTrue();
      assertThat(checkpoint.contains(TinyModel.MLP + ".weight_set_2.weight")).isFalse();
      List<WeightSet> read =
          QuantizedCheckpoint.read(checkpoint).layers().layers().get(TinyModel.MLP).sets();
      assertThat(read.get(0).weight()).isSameAs(read.get(2).weight());
    }
  }

  @Test
  void namesTheTensorWithAValueOutsideItsRange() throws IOException {
    write(W6_SYMMETRIC, UnaryOperator.identity());
    byte[] tooLarge = new byte[16 * TinyModel.CHANNELS];
    tooLarge[5] = 32;
    assertDamaged(
        MemoryTensor.ofBytes(
            TinyModel.MLP + ".weight", DType.I8, Shape.of(16, TinyModel.CHANNELS), tooLarge),
        "holds the code 32, which has more than 6 bits");
    for (float bad : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
      float[] scale = Tensor.full(1, 16).data();
      scale[7] = bad;
      assertDamaged(
          MemoryTensor.of(TinyModel.MLP + ".weight_scale", Tensor.of(scale, 16, 1)),
          "must be finite and above 0");
    }
    assertDamaged(
        MemoryTensor.of(TinyModel.MLP + ".weight_scale", Tensor.zeros(15, 1)), "has shape [15, 1]");
    assertDamaged(
        MemoryTensor.of(TinyModel.MLP + ".weight", Tensor.zeros(16, 11)), "is F32[16, 11]");
    write("weight: {bits: 6}\nquantize: [mlp]\nbalance: {alpha: 0.5}\n", UnaryOperator.identity());
    byte[] zeroPoint = new byte[16];
    zeroPoint[2] = -33;
    assertDamaged(
        MemoryTensor.ofBytes(
            TinyModel.MLP + ".weight_zero_point", DType.I8, Shape.of(16, 1), zeroPoint),
        "holds -33, which is no zero point of 6 bits");
    assertDamaged(
        MemoryTensor.of(TinyModel.MLP + ".balance", Tensor.zeros(TinyModel.CHANNELS)),
        "must be finite and above 0");
  }

  @Test
  void keepsThePrecisionsOfAttention() throws IOException {
    QuantizedLayers written =
        write(W8 + "attention: {self: int8, cross: bf16}\n", UnaryOperator.identity());
    assertThat(written.attention())
        .isEqualTo(
            new AttentionPrecisions(
                AttentionPrecision.INT8, AttentionPrecision.FP32, AttentionPrecision.BF16));
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      QuantizedCheckpoint read = QuantizedCheckpoint.read(checkpoint);
      assertThat(read.layers().attention()).isEqualTo(written.attention());
      assertThat(read.parameters().attention()).isEqualTo(written.attention());
      assertThat(read.parameters().under("blocks.0.").attention()).isEqualTo(written.attention());
    }
    assertThat(Files.readString(folder.resolve("out").resolve("config.json")))
        .contains("viditq_attention")
        .contains("\"self\" : \"int8\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "int8", "{}", "{\"self\":\"int8\"}", "[1]", "{\"self\":"})
  void rejectsPrecisionsOfAttentionThatAreNone(String text) throws IOException {
    write(W8, UnaryOperator.identity());
    Path damaged = folder.resolve("damaged.safetensors");
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      Map<String, String> metadata = new LinkedHashMap<>(checkpoint.metadata());
      metadata.put("viditq_attention", text);
      SafetensorsWriter.write(
          damaged, checkpoint.names().stream().map(checkpoint::get).toList(), metadata);
    }
    try (Checkpoint checkpoint = Checkpoints.open(damaged)) {
      assertThatThrownBy(() -> QuantizedCheckpoint.read(checkpoint))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContaining("viditq_attention");
    }
  }

  @Test
  void rejectsFilesThatAreNotQuantized() {
    assertThatThrownBy(() -> QuantizedCheckpoint.read(TinyModel.weights(1)))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("is no quantized checkpoint");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void survivesDamage(long seed) throws IOException {
    write(MIXED, UnaryOperator.identity());
    byte[] original =
        Files.readAllBytes(folder.resolve("out").resolve(QuantizedCheckpointWriter.WEIGHTS_FILE));
    Random random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      byte[] damaged = original.clone();
      for (int i = random.nextInt(8); i >= 0; i--) {
        int at = random.nextInt(round % 2 == 0 ? damaged.length / 2 : damaged.length);
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

  private QuantizedLayers write(String yaml, UnaryOperator<QuantizedLayers> change)
      throws IOException {
    QuantizationPlan plan =
        new PlanReader().read(Files.writeString(folder.resolve("plan.yaml"), yaml));
    QuantizedLayers layers =
        change.apply(
            new Quantizer(plan)
                .quantize(
                    TinyModel.model(),
                    TinyModel.weights(1),
                    Optional.of(TinyModel.statistics(1, "m")),
                    Quantizer.Progress.NONE));
    QuantizedCheckpointWriter.write(
        folder.resolve("out"),
        JsonNodeFactory.instance.objectNode().put("num_layers", 1),
        TinyModel.model(),
        TinyModel.weights(1),
        plan,
        layers);
    return layers;
  }

  /** Replaces a tensor of the written checkpoint and expects the reader to name it. */
  private void assertDamaged(StoredTensor replacement, String message) {
    List<StoredTensor> tensors = new ArrayList<>();
    Path damaged = folder.resolve("damaged.safetensors");
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      for (String name : checkpoint.names()) {
        tensors.add(name.equals(replacement.name()) ? replacement : checkpoint.get(name));
      }
      SafetensorsWriter.write(damaged, tensors, checkpoint.metadata());
    }
    try (Checkpoint checkpoint = Checkpoints.open(damaged)) {
      assertThatThrownBy(() -> QuantizedCheckpoint.read(checkpoint))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContaining(replacement.name())
          .hasMessageContaining(message);
    }
  }

  private static QuantizedLayers withActivation(QuantizedLayers layers, StaticToken activation) {
    Map<String, QuantizedLinearParameters> changed = new LinkedHashMap<>();
    layers
        .layers()
        .forEach(
            (name, layer) ->
                changed.put(
                    name,
                    new QuantizedLinearParameters(
                        name,
                        layer.sets().stream()
                            .map(s -> new WeightSet(s.range(), s.weight(), s.balance(), activation))
                            .toList(),
                        layer.bias())));
    return new QuantizedLayers(changed);
  }

  private static void assertEqual(
      QuantizedLinearParameters actual, QuantizedLinearParameters expected) {
    assertThat(actual.name()).isEqualTo(expected.name());
    assertThat(actual.bias().isPresent()).isEqualTo(expected.bias().isPresent());
    expected.bias().ifPresent(b -> assertThat(actual.bias().get().data()).isEqualTo(b.data()));
    assertThat(actual.sets()).hasSameSizeAs(expected.sets());
    for (int i = 0; i < expected.sets().size(); i++) {
      WeightSet a = actual.sets().get(i);
      WeightSet e = expected.sets().get(i);
      assertThat(a.range()).isEqualTo(e.range());
      assertEqual(a.weight().grid(), e.weight().grid());
      assertThat(a.balance().isPresent()).isEqualTo(e.balance().isPresent());
      e.balance().ifPresent(s -> assertThat(a.balance().get()).isEqualTo(s));
      if (e.activation() instanceof StaticToken expectedGrid) {
        assertEqual(((StaticToken) a.activation()).grid(), expectedGrid.grid());
      } else {
        assertThat(a.activation()).isEqualTo(e.activation());
      }
      byte[] left = new byte[expected.inFeatures()];
      byte[] right = new byte[expected.inFeatures()];
      for (int row = 0; row < expected.outFeatures(); row++) {
        a.weight().codes().copyRow(row, left, 0);
        e.weight().codes().copyRow(row, right, 0);
        assertThat(left).isEqualTo(right);
      }
      // All at once, read from the file and from its mapping.
      byte[] together = rows(a.weight().codes(), expected);
      assertThat(together).isEqualTo(rows(e.weight().codes(), expected));
      a.weight().codes().stored();
      assertThat(rows(a.weight().codes(), expected)).isEqualTo(together);
    }
  }

  /** With room before the first row and between them. */
  private static byte[] rows(WeightCodes codes, QuantizedLinearParameters layer) {
    int step = layer.inFeatures() + 3;
    byte[] rows = new byte[1 + layer.outFeatures() * step];
    codes.copyRows(0, layer.outFeatures(), rows, 1, step);
    return rows;
  }

  private static void assertEqual(AffineGrid actual, AffineGrid expected) {
    assertThat(actual.format()).isEqualTo(expected.format());
    assertThat(actual.scale()).isEqualTo(expected.scale());
    assertThat(actual.zeroPoint()).isEqualTo(expected.zeroPoint());
  }
}
