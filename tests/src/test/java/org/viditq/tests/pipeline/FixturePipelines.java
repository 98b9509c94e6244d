package org.viditq.tests.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;

/** Whole pipelines of golden cases' weights: they make noise, but in every format. */
public final class FixturePipelines {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FIXTURES = Path.of("fixtures");
  private static final Path SAMPLE = Path.of("..", "samples", "pixart-mini");
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  private final Path root;
  private final ObjectNode index;

  private FixturePipelines(Path root, String className) {
    this.root = root;
    this.index = JSON.createObjectNode().put("_class_name", className);
  }

  /**
   * A DiT of ten classes, called "goldfish, Carassius auratus" (0), "tiger" (1) and so on as far as
   * {@code id2label} goes; pictures of 32 x 32 by the sample's autoencoder.
   */
  public static Path dit(Path root) {
    FixturePipelines pipeline = new FixturePipelines(root, "DiTPipeline");
    pipeline.transformer("model.dit__learned_sigma", "DiTTransformer2DModel", Map.of());
    pipeline.copySample("vae", "diffusers", "AutoencoderKL");
    pipeline.scheduler();
    pipeline.index.putObject("id2label").put("0", "goldfish, Carassius auratus").put("1", "tiger");
    pipeline.write("model_index.json", pipeline.index);
    return root;
  }

  /** A Latte with the sample's text encoder; clips of 3 frames of 16 x 16, temporal decoder. */
  public static Path latte(Path root) {
    FixturePipelines pipeline = new FixturePipelines(root, "LattePipeline");
    int features = 128; // of the sample's text encoder
    pipeline.transformer(
        "model.latte__video",
        "LatteTransformer3DModel",
        Map.of("caption_projection.linear_1.weight", random(48, features)));
    ObjectNode config = pipeline.read("transformer/config.json");
    pipeline.write("transformer/config.json", config.put("caption_channels", features));
    pipeline.component(
        "vae", "AutoencoderKLTemporalDecoder", "vae.decode__temporal_decoder", Map.of());
    pipeline.copySample("text_encoder", "transformers", "T5EncoderModel");
    pipeline.copySample("tokenizer", "transformers", "T5Tokenizer");
    pipeline.scheduler();
    pipeline.write("model_index.json", pipeline.index);
    return root;
  }

  /**
   * An STDiT with the sample's text encoder and autoencoder and Open-Sora's scheduler; prompts of
   * up to 6 tokens, clips of 4 frames of 32 x 24.
   */
  public static Path stdit(Path root) {
    FixturePipelines pipeline = new FixturePipelines(root, "OpenSoraPipeline");
    int features = 128; // of the sample's text encoder
    pipeline.transformer(
        "model.stdit__base_fused_qkv",
        "STDiT",
        Map.of(
            "y_embedder.y_embedding", random(6, features),
            "y_embedder.y_proj.fc1.weight", random(48, features)));
    ObjectNode config = pipeline.read("transformer/config.json");
    pipeline.write("transformer/config.json", config.put("caption_channels", features));
    pipeline.copySample("vae", "diffusers", "AutoencoderKL");
    pipeline.copySample("text_encoder", "transformers", "T5EncoderModel");
    pipeline.copySample("tokenizer", "transformers", "T5Tokenizer");
    pipeline.list("scheduler", "opensora", "IDDPM");
    pipeline.write(
        "scheduler/scheduler_config.json", JSON.createObjectNode().put("_class_name", "IDDPM"));
    pipeline.write("model_index.json", pipeline.index);
    return root;
  }

  private void transformer(String fixture, String className, Map<String, Tensor> replaced) {
    component("transformer", className, fixture, replaced);
  }

  private void component(
      String folder, String className, String fixture, Map<String, Tensor> replaced) {
    list(folder, "diffusers", className);
    try (FixtureCase golden = FixtureReader.open(FIXTURES.resolve(fixture + ".safetensors"))) {
      Checkpoint weights = golden.weights();
      List<StoredTensor> tensors = new ArrayList<>();
      for (String name : weights.names()) {
        Tensor tensor = replaced.getOrDefault(name, weights.get(name).toTensor());
        tensors.add(MemoryTensor.of(name, tensor));
      }
      ObjectNode config = golden.config().deepCopy();
      write(folder + "/config.json", config.put("_class_name", className));
      SafetensorsWriter.write(root.resolve(folder).resolve(WEIGHTS), tensors, Map.of());
    }
  }

  private void scheduler() {
    list("scheduler", "diffusers", "DDIMScheduler");
    write(
        "scheduler/scheduler_config.json",
        JSON.createObjectNode()
            .put("_class_name", "DDIMScheduler")
            .put("beta_schedule", "linear")
            .put("clip_sample", false));
  }

  private void copySample(String folder, String library, String className) {
    list(folder, library, className);
    try (Stream<Path> files = Files.list(SAMPLE.resolve(folder))) {
      Files.createDirectories(root.resolve(folder));
      for (Path file : files.toList()) {
        Files.copy(file, root.resolve(folder).resolve(file.getFileName()));
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private void list(String folder, String library, String className) {
    ArrayNode entry = index.putArray(folder);
    entry.add(library).add(className);
  }

  private ObjectNode read(String file) {
    try {
      return (ObjectNode) JSON.readTree(root.resolve(file).toFile());
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private void write(String file, ObjectNode json) {
    try {
      Files.createDirectories(root.resolve(file).getParent());
      JSON.writeValue(root.resolve(file).toFile(), json);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  private static Tensor random(int out, int in) {
    Random random = new Random(17);
    float[] values = new float[out * in];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(in));
    }
    return Tensor.of(values, out, in);
  }
}
