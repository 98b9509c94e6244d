package org.viditq.core.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.CheckpointConverter;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.KeyMapping;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.diffusers.ComponentConfig;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.UsageException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** A PixArt of one block with adapters of PEFT, merged by PEFT (see the files' metadata). */
class LoraAdaptersTest {
  private static final Path GOLDEN =
      Path.of("src", "test", "resources", "org", "viditq", "core", "adapter");
  private static final Path MODEL = GOLDEN.resolve("model");
  private static final Path AUTHORS = GOLDEN.resolve("original.safetensors");
  private static final String Q = "transformer_blocks.0.attn1.to_q";

  /** Sums of a few products of float32, in another order. */
  private static final float ROUNDING = 2e-6f;

  @TempDir private Path folder;

  private static Checkpoint merged(Path model, LoraSource... sources) {
    return new LoraAdapters(List.of(sources))
        .merge(ComponentConfig.beside(model), Checkpoints.open(model), false);
  }

  private static LoraSource lora(Path path) {
    return new LoraSource(path, 1);
  }

  /** Tensors that the golden file lists are its own, all others the model's. */
  private static void requireGolden(Checkpoint actual, String golden) {
    try (Checkpoint model = Checkpoints.open(MODEL);
        Checkpoint changed = Checkpoints.open(GOLDEN.resolve(golden))) {
      assertThat(actual.names()).isEqualTo(model.names());
      for (String name : model.names()) {
        Tensor expected = (changed.contains(name) ? changed : model).get(name).toTensor();
        assertThat(actual.get(name).toTensor().data())
            .as(name)
            .usingComparatorWithPrecision(ROUNDING)
            .containsExactly(expected.data());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "peft, peft-merged.safetensors",
    "peft/adapter_model.safetensors, peft-merged.safetensors",
    "rslora, rslora-merged.safetensors",
    "pytorch_lora_weights.safetensors, pytorch_lora_weights-merged.safetensors"
  })
  void filesOfPeftAndDiffusers(String adapter, String golden) {
    try (Checkpoint merged = merged(MODEL, lora(GOLDEN.resolve(adapter)))) {
      requireGolden(merged, golden);
    }
  }

  /** The settings lie beside the weights, not where the model's folder begins. */
  @Test
  void foldersOfTheHubsCache() throws IOException {
    Path repository = folder.resolve("models--someone--style");
    Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve("abc"));
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs").resolve("main"), "abc");
    for (String name : List.of("adapter_model.safetensors", "adapter_config.json")) {
      Files.copy(GOLDEN.resolve("peft").resolve(name), snapshot.resolve(name));
    }
    try (Checkpoint merged = merged(MODEL, lora(repository))) {
      requireGolden(merged, "peft-merged.safetensors");
    }
  }

  /** The factors of the PEFT adapter under other names, with alpha as a tensor. */
  private Path renamed(UnaryOperator<String> layers, String down, String up, boolean alpha)
      throws IOException {
    List<StoredTensor> tensors = new ArrayList<>();
    try (Checkpoint peft = Checkpoints.open(GOLDEN.resolve("peft"))) {
      for (String name : peft.names()) {
        LoraKey key = LoraKey.parse(name).orElseThrow();
        String layer = layers.apply(key.layer().substring("base_model.model.".length()));
        boolean isDown = key.role() == LoraKey.Role.DOWN;
        tensors.add(MemoryTensor.of(layer + (isDown ? down : up), peft.get(name).toTensor()));
        if (isDown) {
          double value =
              layer.endsWith("ff.net.2") || layer.endsWith("ff_net_2")
                  ? 7
                  : layer.endsWith("attn1.to_k") || layer.endsWith("attn1_to_k") ? 1.5 : 5;
          if (alpha) {
            tensors.add(MemoryTensor.of(layer + ".alpha", Tensor.of(new float[] {(float) value})));
          }
        }
      }
    }
    return write(tensors);
  }

  private Path write(List<StoredTensor> tensors) {
    Path file = folder.resolve("adapter" + tensors.size() + ".safetensors");
    SafetensorsWriter.write(file, tensors, Map.of());
    return file;
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora_unet_", "lora_transformer_", "lycoris_", ""})
  void filesOfKohyasScripts(String prefix) throws IOException {
    Path file =
        renamed(
            layer -> prefix + layer.replace('.', '_'),
            ".lora_down.weight",
            ".lora_up.weight",
            true);
    try (Checkpoint merged = merged(MODEL, lora(file))) {
      requireGolden(merged, "peft-merged.safetensors");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "transformer., .lora_A.default.weight, .lora_B.default.weight",
    "diffusion_model., .lora_A.weight, .lora_B.weight",
    "unet., .lora.down.weight, .lora.up.weight",
    "model.diffusion_model., .lora_linear_layer.down.weight, .lora_linear_layer.up.weight",
    "'', .lora_down.weight, .lora_up.weight"
  })
  void prefixesAndWordsOfOtherPrograms(String prefix, String down, String up) throws IOException {
    try (Checkpoint merged = merged(MODEL, lora(renamed(l -> prefix + l, down, up, true)))) {
      requireGolden(merged, "peft-merged.safetensors");
    }
  }

  @Test
  void attentionProcessorsOfOldDiffusers() {
    assertThat(LoraKey.parse("unet.b.0.attn1.processor.to_out_lora.up.weight"))
        .contains(new LoraKey("unet.b.0.attn1.to_out.0", LoraKey.Role.UP));
    assertThat(LoraKey.parse("b.0.attn2.processor.to_k_lora.down.weight"))
        .contains(new LoraKey("b.0.attn2.to_k", LoraKey.Role.DOWN));
    assertThat(LoraKey.parse("b.0.attn2.to_k.weight")).isEmpty();
  }

  /** An adapter of diffusers' names on the authors' checkpoint, whose projections are fused. */
  @Test
  void diffusersNamesOnTheAuthorsLayout() {
    JsonConfig none = ComponentConfig.beside(AUTHORS);
    Path out = folder.resolve("converted");
    try (Checkpoint merged = merged(AUTHORS, lora(GOLDEN.resolve("peft")))) {
      CheckpointConverter.write(
          merged,
          out,
          DenoiserFamilies.find(none, merged).orElseThrow().diffusersForm(none, merged).names(),
          CheckpointConverter.Options.DEFAULT);
    }
    try (Checkpoint converted = Checkpoints.open(out);
        Checkpoint model = Checkpoints.open(MODEL);
        Checkpoint changed = Checkpoints.open(GOLDEN.resolve("peft-merged.safetensors"))) {
      for (String name : model.names()) {
        assertThat(converted.get(name).toTensor().data())
            .as(name)
            .usingComparatorWithPrecision(ROUNDING)
            .containsExactly(
                (changed.contains(name) ? changed : model).get(name).toTensor().data());
      }
    }
  }

  /** One of the authors' fused projections, on their checkpoint and on that of diffusers. */
  @Test
  void fusedProjectionsOnEitherLayout() {
    Random random = new Random(5);
    Tensor down = gaussian(random, 2, 16);
    Tensor up = gaussian(random, 48, 2);
    Path file =
        write(
            List.of(
                MemoryTensor.of("lora_unet_blocks_0_attn_qkv.lora_down.weight", down),
                MemoryTensor.of("lora_unet_blocks_0_attn_qkv.lora_up.weight", up)));
    try (Checkpoint fused = merged(AUTHORS, lora(file));
        Checkpoint separate = merged(MODEL, lora(file));
        Checkpoint model = Checkpoints.open(MODEL)) {
      float[] qkv = fused.get("blocks.0.attn.qkv.weight").toTensor().data();
      for (int part = 0; part < 3; part++) {
        String name = "transformer_blocks.0.attn1.to_" + "qkv".charAt(part) + ".weight";
        float[] original = model.get(name).toTensor().data();
        float[] expected = new float[256];
        for (int row = 0; row < 16; row++) {
          for (int column = 0; column < 16; column++) {
            double sum = original[row * 16 + column];
            for (int k = 0; k < 2; k++) {
              sum += up.data()[(part * 16 + row) * 2 + k] * down.data()[k * 16 + column];
            }
            expected[row * 16 + column] = (float) sum;
          }
        }
        assertThat(separate.get(name).toTensor().data())
            .usingComparatorWithPrecision(ROUNDING)
            .containsExactly(expected);
        assertThat(Arrays.copyOfRange(qkv, part * 256, (part + 1) * 256))
            .usingComparatorWithPrecision(ROUNDING)
            .containsExactly(expected);
      }
    }
  }

  private static Tensor gaussian(Random random, int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  @Test
  void scalesMultiplyAndAdaptersAddUp() {
    Path peft = GOLDEN.resolve("peft");
    try (Checkpoint half = merged(MODEL, new LoraSource(peft, 0.5));
        Checkpoint none = merged(MODEL, new LoraSource(peft, 0));
        Checkpoint twice =
            merged(MODEL, new LoraSource(peft, 1.5), new LoraSource(peft, -1), lora(peft));
        Checkpoint once = merged(MODEL, lora(peft));
        Checkpoint model = Checkpoints.open(MODEL)) {
      float[] w = model.get(Q + ".weight").toTensor().data();
      float[] full = once.get(Q + ".weight").toTensor().data();
      assertThat(none.get(Q + ".weight").toTensor().data()).isEqualTo(w);
      for (int i = 0; i < w.length; i++) {
        assertThat(half.get(Q + ".weight").toTensor().data()[i])
            .isCloseTo((w[i] + full[i]) / 2, within(ROUNDING));
        assertThat(twice.get(Q + ".weight").toTensor().data()[i])
            .isCloseTo(w[i] + 1.5f * (full[i] - w[i]), within(3 * ROUNDING));
      }
    }
  }

  @Test
  void partsOfATensorAreThoseOfTheWhole() {
    try (Checkpoint merged = merged(MODEL, lora(GOLDEN.resolve("peft")))) {
      for (String name : List.of(Q + ".weight", "pos_embed.proj.weight", "proj_out.weight")) {
        StoredTensor tensor = merged.get(name);
        float[] whole = tensor.toTensor().data();
        Random random = new Random(1);
        for (int i = 0; i < 50; i++) {
          int start = random.nextInt(whole.length);
          int count = random.nextInt(whole.length - start + 1);
          float[] part = new float[count + 3];
          tensor.copyTo(start, part, 2, count);
          assertThat(Arrays.copyOfRange(part, 2, 2 + count))
              .isEqualTo(Arrays.copyOfRange(whole, start, start + count));
          assertThat(part[count + 2]).isZero();
        }
        float[] stored = new float[whole.length];
        tensor.bytes().asFloatBuffer().get(stored);
        assertThat(stored).containsExactly(whole);
      }
    }
  }

  @Test
  void typesAreKeptForWriting() {
    Path half = folder.resolve("half");
    try (Checkpoint model = Checkpoints.open(MODEL)) {
      CheckpointConverter.Options d = CheckpointConverter.Options.DEFAULT;
      CheckpointConverter.write(
          model,
          half,
          (name, shape) -> List.of(KeyMapping.Part.whole(name)),
          new CheckpointConverter.Options(
              Optional.of(DType.F16), d.shardBytes(), d.stem(), d.variant()));
    }
    JsonConfig config = ComponentConfig.beside(MODEL);
    LoraAdapters adapters = new LoraAdapters(List.of(lora(GOLDEN.resolve("peft"))));
    try (Checkpoint kept = adapters.merge(config, Checkpoints.open(half), true);
        Checkpoint wide = adapters.merge(config, Checkpoints.open(half), false)) {
      assertThat(kept.get(Q + ".weight").dtype()).isEqualTo(DType.F16);
      assertThat(kept.get(Q + ".weight").bytes().limit()).isEqualTo(512);
      assertThat(wide.get(Q + ".weight").dtype()).isEqualTo(DType.F32);
    }
  }

  // ---- refusals -------------------------------------------------------------------------------

  private static StoredTensor down(String layer, int rank, int inputs) {
    return MemoryTensor.of(layer + ".lora_A.weight", Tensor.full(1, rank, inputs));
  }

  private static StoredTensor up(String layer, int outputs, int rank) {
    return MemoryTensor.of(layer + ".lora_B.weight", Tensor.full(1, outputs, rank));
  }

  private void refuses(List<StoredTensor> tensors, String... words) {
    Path file = write(tensors);
    assertThatThrownBy(() -> merged(MODEL, lora(file)))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll(words)
        .hasMessageEndingWith(".");
  }

  @Test
  void everyTensorMustBeOfUse() {
    refuses(
        List.of(down("blocks.7.attn1.to_q", 2, 16), up("blocks.7.attn1.to_q", 16, 2)),
        "blocks.7.attn1.to_q.lora_A.weight",
        "belongs to no layer");
    refuses(
        List.of(down(Q, 2, 16), up(Q, 16, 2), MemoryTensor.of("other.bias", Tensor.zeros(3))),
        "other.bias",
        "would be left out");
    refuses(
        List.of(
            down(Q, 2, 16), up(Q, 16, 2), MemoryTensor.of(Q + ".lora_B.bias", Tensor.zeros(16))),
        Q + ".lora_B.bias");
    refuses(List.of(down(Q, 2, 16)), Q + ".lora_A.weight", "lacks its counterpart");
    refuses(
        List.of(down(Q, 2, 16), up(Q, 16, 2), MemoryTensor.of("y.alpha", Tensor.zeros(1))),
        "y.alpha",
        "lacks its counterpart");
  }

  @Test
  void factorsMustFit() {
    refuses(List.of(down(Q, 2, 16), up(Q, 16, 3)), "[2, 16]", "[16, 3]", "no factors of one rank");
    refuses(List.of(down(Q, 2, 8), up(Q, 16, 2)), "8 inputs", "another model");
    refuses(List.of(down(Q, 2, 16), up(Q, 32, 2)), "32 outputs", "another model");
    refuses(
        List.of(
            MemoryTensor.of(Q + ".lora_A.weight", Tensor.zeros(4)),
            MemoryTensor.of(Q + ".lora_B.weight", Tensor.zeros(4))),
        "no factors");
    refuses(
        List.of(down(Q, 2, 16), up(Q, 16, 2), MemoryTensor.of(Q + ".alpha", Tensor.zeros(2))),
        Q + ".alpha",
        "not one finite number");
    refuses(
        List.of(
            down(Q, 2, 16),
            up(Q, 16, 2),
            MemoryTensor.of("transformer." + Q + ".x", Tensor.zeros(2))),
        ".x");
  }

  @ParameterizedTest
  @CsvSource({
    "text_encoder.encoder.block.0.layer.0.SelfAttention.q, text encoder",
    "lora_te_encoder_block_0_layer_0_SelfAttention_q, text encoder",
    "lora_te2_x, text encoder"
  })
  void textEncodersAreNotMergedInto(String layer, String words) {
    refuses(List.of(down(layer, 2, 16), up(layer, 16, 2)), layer, words);
  }

  @ParameterizedTest
  @CsvSource({
    "hada_w1_a, LoHa",
    "lokr_w1, LoKr",
    "lora_magnitude_vector.weight, DoRA",
    "dora_scale, DoRA",
    "lora_mid.weight, Tucker"
  })
  void otherKindsOfAdaptersAreNamed(String tensor, String kind) {
    refuses(
        List.of(down(Q, 2, 16), up(Q, 16, 2), MemoryTensor.of(Q + "." + tensor, Tensor.zeros(16))),
        tensor,
        kind);
  }

  @Test
  void aWholeModelIsNoAdapter() {
    assertThatThrownBy(() -> merged(MODEL, lora(MODEL)))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("no part of a LoRA adapter")
        .hasMessageContaining("--transformer");
    assertThatThrownBy(() -> merged(MODEL, lora(folder.resolve("none.safetensors"))))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("There is no LoRA adapter");
  }

  @Test
  void quantizedWeightsTakeNoAdapters() {
    Path quantized = folder.resolve("quantized.safetensors");
    SafetensorsWriter.write(
        quantized,
        List.of(
            MemoryTensor.ofBytes(Q + ".weight", DType.I8, Shape.of(1, 1), new byte[1]),
            MemoryTensor.of(Q + ".weight_scale", Tensor.zeros(1))),
        Map.of());
    assertThatThrownBy(() -> merged(quantized, lora(GOLDEN.resolve("peft"))))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("is quantized")
        .hasMessageContaining("--lora");
  }

  @Test
  void nanInAnAdapterIsNamed() {
    Tensor bad = Tensor.zeros(2, 16);
    bad.data()[5] = Float.NaN;
    Path file = write(List.of(MemoryTensor.of(Q + ".lora_A.weight", bad), up(Q, 16, 2)));
    try (Checkpoint merged = merged(MODEL, lora(file))) {
      assertThatThrownBy(() -> merged.get(Q + ".weight").toTensor())
          .isInstanceOf(ViditqException.class)
          .hasMessageContaining(Q + ".lora_A.weight")
          .hasMessageContaining("NaN");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "peft_type, '\"LOHA\"'",
    "use_dora, true",
    "init_lora_weights, '\"pissa\"'",
    "layer_replication, '[[0, 1]]'",
    "alpha_pattern, '{\"to_(q|k)\": 3}'",
    "lora_alpha, '\"much\"'",
    "use_rslora, 3"
  })
  void settingsThatAreNotSupportedAreNamed(String key, String value) throws IOException {
    Files.copy(
        GOLDEN.resolve("peft/adapter_model.safetensors"),
        folder.resolve("adapter_model.safetensors"));
    Files.writeString(
        folder.resolve("adapter_config.json"), "{\"r\": 3, \"" + key + "\": " + value + "}");
    assertThatThrownBy(() -> merged(MODEL, lora(folder)))
        .isInstanceOf(ViditqException.class)
        .hasMessageContaining(key);
  }

  @Test
  void sourcesAreReadAsTheyAreWritten() throws IOException {
    assertThat(LoraSource.parse("a.safetensors")).isEqualTo(lora(Path.of("a.safetensors")));
    assertThat(LoraSource.parse("a.safetensors:0.8"))
        .isEqualTo(new LoraSource(Path.of("a.safetensors"), 0.8));
    assertThat(LoraSource.parse("a:-1e-2").describe()).isEqualTo("a:-0.01");
    Path colon = Files.createFile(folder.resolve("x:2"));
    assertThat(LoraSource.parse(colon.toString())).isEqualTo(lora(colon));
    assertThat(LoraSource.parse(colon + ":3")).isEqualTo(new LoraSource(colon, 3));
    for (String wrong : List.of("a:b", "a:0,8", "a:", ":1", "", "a:NaN", "a:Infinity")) {
      assertThatThrownBy(() -> LoraSource.parse(wrong))
          .as(wrong)
          .isInstanceOf(UsageException.class)
          .hasMessageEndingWith(".");
    }
  }

  /** Damaged names, shapes, metadata and bytes: merged, or refused with a sentence. */
  @Test
  void damagedFilesNeverEndInAnotherException() throws IOException {
    Random random = new Random(20);
    byte[] whole = Files.readAllBytes(GOLDEN.resolve("pytorch_lora_weights.safetensors"));
    Path file = folder.resolve("damaged.safetensors");
    long end = System.nanoTime() + 2_000_000_000L;
    int refused = 0;
    for (int i = 0; i < 1500 && System.nanoTime() < end; i++) {
      byte[] damaged = whole.clone();
      for (int k = random.nextInt(4); k >= 0; k--) {
        damaged[random.nextInt(Math.min(damaged.length, 1400))] = (byte) random.nextInt(256);
      }
      Files.write(file, damaged);
      try (Checkpoint merged = merged(MODEL, lora(file))) {
        for (String name : merged.names()) {
          merged.get(name).toTensor();
        }
      } catch (ViditqException sentence) {
        refused++;
        assertThat(sentence.getMessage()).endsWith(".");
      }
    }
    assertThat(refused).isPositive();
  }
}
