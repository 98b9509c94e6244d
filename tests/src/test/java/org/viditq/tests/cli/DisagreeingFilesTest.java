package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.tensor.Tensor;

/** Files that say different things about one model. */
class DisagreeingFilesTest {
  private static final Path SAMPLE = Path.of("..", "samples", "pixart-mini");
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path shared;
  private static Path quantized;

  @TempDir Path folder;

  @BeforeAll
  static void quantize() {
    quantized = shared.resolve("w4a8");
    CommandRun.of(
            "quantize",
            "--model",
            SAMPLE.toString(),
            "--plan",
            "w4a8-dynamic",
            "--out",
            quantized.toString())
        .succeeded();
  }

  /** A copy of the sample whose transformer is still empty. */
  private Path pipeline() throws IOException {
    Path copy = folder.resolve("model");
    for (String part : List.of("", "scheduler", "tokenizer", "text_encoder", "vae")) {
      Files.createDirectories(copy.resolve(part));
      try (Stream<Path> files = Files.list(SAMPLE.resolve(part))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Files.copy(file, copy.resolve(part).resolve(file.getFileName().toString()));
        }
      }
    }
    Files.createDirectories(copy.resolve("transformer"));
    return copy;
  }

  private static void copyConfig(Path from, Path to, String key, int value) throws IOException {
    ObjectNode config = (ObjectNode) JSON.readTree(from.resolve("config.json").toFile());
    if (!key.isEmpty()) {
      config.put(key, value);
    }
    Files.createDirectories(to);
    JSON.writeValue(to.resolve("config.json").toFile(), config);
  }

  private static void copyWeights(
      Path from, Path to, List<String> without, Map<String, String> metadata, StoredTensor... more)
      throws IOException {
    Files.createDirectories(to);
    try (Checkpoint weights = Checkpoints.open(from)) {
      List<StoredTensor> tensors = new ArrayList<>(List.of(more));
      weights.names().stream()
          .filter(name -> !without.contains(name))
          .forEach(name -> tensors.add(weights.get(name)));
      SafetensorsWriter.write(to.resolve(WEIGHTS), tensors, metadata);
    }
  }

  private Path transformer(List<String> without, StoredTensor... more) throws IOException {
    Path place = folder.resolve("transformer");
    copyConfig(SAMPLE.resolve("transformer"), place, "", 0);
    copyWeights(SAMPLE.resolve("transformer"), place, without, Map.of(), more);
    return place;
  }

  private static void read(Path transformer) {
    DiffusionPipeline.readModel(PipelineFolder.open(SAMPLE).withTransformer(transformer));
  }

  private static StoredTensor extra(String name) {
    return MemoryTensor.of(name, Tensor.zeros(3));
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "quantize", "calibrate"})
  void aLayerTooManyIsAnErrorOfEveryCommand(String command) throws IOException {
    Path model = pipeline();
    copyConfig(SAMPLE.resolve("transformer"), model.resolve("transformer"), "num_layers", 7);
    Files.copy(
        SAMPLE.resolve("transformer").resolve(WEIGHTS),
        model.resolve("transformer").resolve(WEIGHTS));
    List<String> arguments = new ArrayList<>(List.of(command, "--model", model.toString()));
    arguments.addAll(
        command.equals("quantize") ? List.of("--plan", "w8a8") : List.of("--prompt", "x"));
    String out = command.equals("calibrate") ? "stats.safetensors" : "out/";
    arguments.addAll(List.of("--out", folder.resolve(out).toString()));
    assertThat(CommandRun.of(arguments.toArray(String[]::new)).failedWith(1).stderr())
        .contains("transformer_blocks.7.")
        .contains("because its num_layers is 7");
  }

  @Test
  void aLayerTooManyInAQuantizedFolderIsAnErrorToo() throws IOException {
    Path damaged = folder.resolve("damaged");
    copyConfig(quantized, damaged, "num_layers", 7);
    Files.copy(quantized.resolve(WEIGHTS), damaged.resolve(WEIGHTS));
    assertThat(
            CommandRun.of(
                    "generate",
                    "--model",
                    SAMPLE.toString(),
                    "--quantized",
                    damaged.toString(),
                    "--prompt",
                    "x",
                    "--steps",
                    "1",
                    "--out",
                    folder.resolve("x.png").toString())
                .failedWith(1)
                .stderr())
        .startsWith("viditq: ")
        .contains("transformer_blocks.7.attn1.to_k")
        .contains("because its num_layers is 7");
    assertThat(folder.resolve("x.png")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "transformer_blocks.0.attn1.to_q.lora_A.weight",
        "transformer_blocks.0.attn3.to_q.weight",
        "something",
        "pos_embed.table"
      })
  void aTensorThatTheModelDoesNotHaveIsAnError(String name) throws IOException {
    Path place = transformer(List.of(), extra(name));
    assertThatThrownBy(() -> read(place))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(place.resolve(WEIGHTS) + " holds " + name + ", which");
  }

  @Test
  void buffersAndAveragesAreLeftOut() throws IOException {
    Path place =
        transformer(
            List.of(),
            extra("pos_embed.pos_embed"),
            extra("caption_projection.y_embedding"),
            extra("a.num_batches_tracked"),
            extra("position_ids"),
            extra("model_ema.decay"),
            extra("ema.transformer_blocks.0.attn1.to_q.weight"));
    assertThatCode(() -> read(place)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "transformer_blocks.3.ff.net.2.weight",
        "transformer_blocks.3.ff.net.2.bias",
        "transformer_blocks.5.attn1.to_q.bias",
        "proj_out.bias",
        "scale_shift_table",
        "pos_embed.proj.weight"
      })
  void aTensorThatTheModelNeedsIsMissed(String name) throws IOException {
    Path place = transformer(List.of(name));
    assertThatThrownBy(() -> read(place))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining(name);
  }

  @Test
  void weightsOfAnotherProgramsQuantizationAreCalledSo() throws IOException {
    Path place = transformer(List.of());
    ObjectNode config = (ObjectNode) JSON.readTree(place.resolve("config.json").toFile());
    config.putObject("quantization_config").put("quant_method", "bitsandbytes");
    JSON.writeValue(place.resolve("config.json").toFile(), config);
    assertThatThrownBy(() -> read(place))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("quantization_config of bitsandbytes");
  }

  @Test
  void quantizedWeightsGoWithTheTransformerThatTheyWereMadeFrom() throws IOException {
    Path other = pipeline();
    Path outlier = SAMPLE.resolveSibling("pixart-mini-outlier").resolve("transformer");
    copyConfig(outlier, other.resolve("transformer"), "", 0);
    copyWeights(outlier, other.resolve("transformer"), List.of(), Map.of());
    assertThat(generate(other, quantized).failedWith(1).stderr())
        .contains("was not quantized from the transformer in")
        .contains("--transformer instead of --quantized");

    // Files from before there were fingerprints still load.
    Path old = folder.resolve("old");
    copyConfig(quantized, old, "", 0);
    Map<String, String> metadata;
    try (Checkpoint checkpoint = Checkpoints.open(quantized)) {
      metadata = new LinkedHashMap<>(checkpoint.metadata());
    }
    assertThat(metadata).containsKeys("viditq_model_sha256", "viditq_plan_sha256");
    assertThat(metadata).doesNotContainKey("viditq_statistics_sha256");
    metadata.keySet().removeIf(key -> key.endsWith("_sha256"));
    copyWeights(quantized, old, List.of(), metadata);
    generate(other, old).succeeded();
    Files.delete(folder.resolve("x.png"));
    generate(SAMPLE, quantized).succeeded();
  }

  @Test
  void adaptersThatWereMergedBeforeAreNoOtherOrigin() {
    String layer = "transformer.transformer_blocks.0.attn1.to_q";
    Path adapter = folder.resolve("lora.safetensors");
    SafetensorsWriter.write(
        adapter,
        List.of(
            MemoryTensor.of(layer + ".lora_A.weight", Tensor.full(0.01f, 4, 192)),
            MemoryTensor.of(layer + ".lora_B.weight", Tensor.full(0.01f, 192, 4))),
        Map.of());
    Path merged = folder.resolve("merged");
    CommandRun.of(
            "quantize",
            "--model",
            SAMPLE.toString(),
            "--lora",
            adapter.toString(),
            "--plan",
            "w8a8",
            "--out",
            merged.toString())
        .succeeded();
    generate(SAMPLE, merged).succeeded();
  }

  private CommandRun generate(Path model, Path weights) {
    return CommandRun.of(
        "generate",
        "--model",
        model.toString(),
        "--quantized",
        weights.toString(),
        "--prompt",
        "x",
        "--steps",
        "1",
        "--width",
        "64",
        "--height",
        "64",
        "--out",
        folder.resolve("x.png").toString());
  }

  @Test
  void inspectTellsBitsRangesAndErrors() {
    JsonNode json =
        CommandRun.of("inspect", quantized.toString(), "--original", SAMPLE.toString(), "--json")
            .succeeded()
            .json();
    JsonNode component = json.path("components").path(0);
    assertThat(component.path("originalParameters").asLong())
        .isEqualTo(originalParameters())
        .isLessThan(component.path("parameters").asLong());
    int compared = 0;
    for (JsonNode layer : component.path("layers")) {
      if (layer.path("quantized").asBoolean()) {
        compared++;
        assertThat(layer.path("relativeError").asDouble()).isBetween(0.02, 0.2);
        assertThat(layer.path("ranges").path(0).path("weightBits").asInt()).isEqualTo(4);
        assertThat(layer.path("ranges").path(0).path("activationBits").asInt()).isEqualTo(8);
      }
    }
    assertThat(compared).isEqualTo(80);
    assertThat(CommandRun.of("inspect", quantized.toString()).succeeded().stdout())
        .contains("INT4", "1 timestep range, inputs 8 bits", "5.1 M parameters of the original");
  }

  private static long originalParameters() {
    return CommandRun.of("inspect", SAMPLE.resolve("transformer").toString(), "--json")
        .succeeded()
        .json()
        .path("parameters")
        .asLong();
  }

  @Test
  void inspectRefusesAnotherOriginal() {
    String other = SAMPLE.resolveSibling("pixart-mini-outlier").resolve("transformer").toString();
    assertThat(
            CommandRun.of("inspect", quantized.toString(), "--original", other)
                .failedWith(1)
                .stderr())
        .contains("was not quantized from");
  }

  @Test
  void inspectShowsPlansAndMaps() throws IOException {
    Path map = Files.writeString(folder.resolve("map.yaml"), "9-5: {a: 8, b: 4}\n4-0: {a: 4}\n");
    assertThat(CommandRun.of("inspect", map.toString()).succeeded().stdout())
        .contains("timesteps from 500 to below 1001: layers by bits {4=1, 8=1}");
    assertThat(CommandRun.of("inspect", "w4a8").succeeded().stdout())
        .contains("weights: 4 bits, asymmetric", "alpha 0.3", "needs statistics");
    assertThat(CommandRun.of("inspect", "w4a8-gptq").succeeded().stdout())
        .contains("weights: 4 bits, asymmetric, grid gptq", "balancing: alpha searched");
    assertThat(CommandRun.of("inspect", "convrot").succeeded().stdout())
        .contains("rotation: regular, up to 256 channels");
    Path adapter = folder.resolve("lora.safetensors");
    SafetensorsWriter.write(
        adapter,
        List.of(
            MemoryTensor.of("transformer.a.to_q.lora_A.weight", Tensor.zeros(4, 8)),
            MemoryTensor.of("transformer.a.to_q.lora_B.weight", Tensor.zeros(8, 4))),
        Map.of());
    assertThat(CommandRun.of("inspect", adapter.toString()).succeeded().stdout())
        .contains("adapters (LoRA) of 1 layer");
  }
}
