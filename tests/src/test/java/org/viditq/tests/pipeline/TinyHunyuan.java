package org.viditq.tests.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.viditq.bench.model.ModelLayouts;
import org.viditq.bench.model.RandomTensor;
import org.viditq.bench.model.RandomWeights;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.bert.BertEncoder;

/** A pipeline folder of a HunyuanDiT as small as can be, with random weights. */
final class TinyHunyuan {
  static final int TOKENS = 9;
  static final int TOKENS_2 = 24;

  private static final Path FIXTURES = Path.of("fixtures");
  private static final Path SAMPLE = Path.of("..", "samples", "pixart-mini");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TEXT_CHANNELS = 24;
  private static final int TEXT_2_CHANNELS = 16;

  private TinyHunyuan() {}

  /**
   * @param root exists and is empty
   * @param sizeConditions as up to version 1.1
   */
  static void write(Path root, boolean sizeConditions) throws IOException {
    writeIndex(root);
    JsonConfig transformer = transformer(sizeConditions);
    write(
        root,
        Component.TRANSFORMER,
        transformer,
        RandomWeights.tensorsOf(
            DenoiserFamilies.model(
                transformer, new MemoryCheckpoint("no weights yet", List.of()))));

    JsonConfig bert = bert(lines(FIXTURES.resolve("bert.tokenizer/vocab.txt")));
    write(
        root,
        Component.TEXT_ENCODER,
        bert,
        RandomWeights.tensorsOf(
            (parameters, operators) ->
                new BertEncoder<>(BertConfig.fromJson(bert), parameters, operators)));
    copy(FIXTURES.resolve("bert.tokenizer"), folder(root, Component.TOKENIZER));

    JsonConfig t5 = t5();
    write(root, Component.TEXT_ENCODER_2, t5, ModelLayouts.t5Encoder(t5));
    copy(FIXTURES.resolve("mt5.tokenizer"), folder(root, Component.TOKENIZER_2));

    JsonConfig vae = JsonConfig.read(SAMPLE.resolve("vae").resolve("config.json"));
    write(root, Component.VAE, vae, ModelLayouts.autoencoder(vae));
    JSON.writeValue(
        folder(root, Component.SCHEDULER).resolve("scheduler_config.json").toFile(), scheduler());
  }

  private static void writeIndex(Path root) throws IOException {
    ObjectNode index = object().put("_class_name", "HunyuanDiTPipeline");
    Map.of(
            "scheduler", "DDPMScheduler",
            "text_encoder", "BertModel",
            "text_encoder_2", "T5EncoderModel",
            "tokenizer", "BertTokenizer",
            "tokenizer_2", "T5Tokenizer",
            "transformer", "HunyuanDiT2DModel",
            "vae", "AutoencoderKL")
        .forEach((component, type) -> index.putArray(component).add("library").add(type));
    index.putArray("safety_checker").addNull().addNull();
    index.putArray("feature_extractor").addNull().addNull();
    JSON.writeValue(root.resolve("model_index.json").toFile(), index);
  }

  private static JsonConfig transformer(boolean sizeConditions) {
    return JsonConfig.of(
        object()
            .put("_class_name", "HunyuanDiT2DModel")
            .put("activation_fn", "gelu-approximate")
            .put("attention_head_dim", 8)
            .put("cross_attention_dim", TEXT_CHANNELS)
            .put("cross_attention_dim_t5", TEXT_2_CHANNELS)
            .put("hidden_size", 32)
            .put("in_channels", 4)
            .put("learn_sigma", true)
            .put("mlp_ratio", 4.3637)
            .put("num_attention_heads", 4)
            .put("num_layers", 4)
            .put("patch_size", 2)
            .put("pooled_projection_dim", 16)
            .put("sample_size", 8)
            .put("text_len", TOKENS)
            .put("text_len_t5", TOKENS_2)
            .put("use_style_cond_and_image_meta_size", sizeConditions),
        "tiny HunyuanDiT");
  }

  private static JsonConfig bert(int vocabulary) {
    return JsonConfig.of(
        object()
            .put("model_type", "bert")
            .put("vocab_size", vocabulary)
            .put("hidden_size", TEXT_CHANNELS)
            .put("num_hidden_layers", 2)
            .put("num_attention_heads", 4)
            .put("intermediate_size", 48)
            .put("max_position_embeddings", 16)
            .put("hidden_act", "gelu"),
        "tiny BERT");
  }

  private static JsonConfig t5() {
    return JsonConfig.of(
        object()
            .put("model_type", "mt5")
            .put("vocab_size", 1000)
            .put("d_model", TEXT_2_CHANNELS)
            .put("d_kv", 8)
            .put("d_ff", 32)
            .put("num_layers", 2)
            .put("num_heads", 2)
            .put("relative_attention_num_buckets", 32)
            .put("feed_forward_proj", "gated-gelu"),
        "tiny mT5");
  }

  /** The published one. */
  private static ObjectNode scheduler() {
    return object()
        .put("_class_name", "DDPMScheduler")
        .put("beta_start", 0.00085)
        .put("beta_end", 0.018)
        .put("beta_schedule", "scaled_linear")
        .put("clip_sample", false)
        .put("num_train_timesteps", 1000)
        .put("prediction_type", "v_prediction")
        .put("steps_offset", 1)
        .put("timestep_spacing", "leading")
        .put("variance_type", "fixed_small");
  }

  private static void write(
      Path root, Component component, JsonConfig config, List<RandomTensor> tensors)
      throws IOException {
    Path folder = folder(root, component);
    JSON.writeValue(folder.resolve(component.configFile()).toFile(), config.node());
    boolean text = component == Component.TEXT_ENCODER || component == Component.TEXT_ENCODER_2;
    SafetensorsWriter.write(
        folder.resolve(text ? "model.safetensors" : "diffusion_pytorch_model.safetensors"),
        tensors,
        Map.of("format", "pt"));
  }

  private static Path folder(Path root, Component component) throws IOException {
    return Files.createDirectory(root.resolve(component.folder()));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private static int lines(Path file) throws IOException {
    return Files.readAllLines(file).size();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
