package org.viditq.core.model.latte;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.viditq.core.model.GivenModels.description;
import static org.viditq.core.model.GivenModels.empty;
import static org.viditq.core.model.GivenModels.json;
import static org.viditq.core.model.GivenModels.none;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.fuzz.Fuzz;
import org.viditq.core.fuzz.JsonMutations;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.ModelDescription;
import org.viditq.core.model.SamplingDefaults;
import org.viditq.core.model.ShapesOnly;

class LatteConfigTest {
  private static final String PUBLISHED =
      """
      {"_class_name": "LatteT2V", "activation_fn": "gelu-approximate", "attention_bias": true,
       "attention_head_dim": 72, "caption_channels": 4096, "cross_attention_dim": 1152,
       "double_self_attention": false, "dropout": 0.0, "in_channels": 4,
       "norm_elementwise_affine": false, "norm_eps": 1e-06, "norm_type": "ada_norm_single",
       "num_attention_heads": 16, "num_embeds_ada_norm": 1000, "num_layers": 28,
       "num_vector_embeds": null, "only_cross_attention": false, "out_channels": 8,
       "patch_size": 2, "sample_size": 64, "video_length": 16}
      """;

  private static final String ARGUMENTS =
      """
      {"input_size": 8, "patch_size": 2, "in_channels": 4, "hidden_size": 48, "depth": 4,
       "num_heads": 4, "mlp_ratio": 2.0, "num_frames": 5, "num_classes": 101, "learn_sigma": true,
       "extras": 2}
      """;

  @Test
  void publishedConfigurationIsLatte1() {
    LatteConfig config = textToVideo(json(PUBLISHED), none());
    assertThat(config)
        .isEqualTo(
            new LatteConfig(
                LatteLayout.TEXT_TO_VIDEO,
                16,
                72,
                4,
                8,
                28,
                true,
                64,
                2,
                1e-6f,
                1,
                OptionalInt.of(4096),
                0,
                16,
                4608,
                true));
    LatteModel model = new LatteModel(config);
    assertThat(model.latents())
        .isEqualTo(
            new LatentGeometry(4, 8, LatentGeometry.Patch.square(2), OptionalInt.of(16), 64, 64));
    assertThat(model.conditioning("LattePipeline"))
        .isEqualTo(new Conditioning.Text(4096, 120, Conditioning.Padding.MASK_OF_PROMPT));
    assertThat(model.samplingDefaults()).isEqualTo(new SamplingDefaults(50, 7.5, 8));
    assertThat(model.linearLayers()).hasSize(5 + 28 * (10 + 6) + 1);
  }

  @Test
  void largerLatentsHaveInterpolatedPositions() {
    assertThat(textToVideo(json(PUBLISHED).put("sample_size", 128), none()).interpolationScale())
        .isEqualTo(2);
    assertThat(textToVideo(json(PUBLISHED).put("sample_size", 32), none()).interpolationScale())
        .isEqualTo(1);
  }

  @Test
  void shapesSayWhatABareCheckpointDoesNot() {
    Checkpoint weights =
        new ShapesOnly()
            .with("pos_embed.proj.weight", 384, 4, 2, 2)
            .with("caption_projection.linear_1.weight", 384, 24)
            .with("transformer_blocks.1.attn1.to_q.weight", 1, 1)
            .with("transformer_blocks.0.attn1.to_q.bias", 384)
            .with("temporal_transformer_blocks.1.attn1.to_q.weight", 1, 1)
            .with("proj_out.weight", 32, 384)
            .checkpoint();
    assertThat(textToVideo(empty(), weights))
        .isEqualTo(
            new LatteConfig(
                LatteLayout.TEXT_TO_VIDEO,
                6,
                64,
                4,
                8,
                2,
                true,
                64,
                2,
                1e-5f,
                1,
                OptionalInt.of(24),
                0,
                16,
                1536,
                true));
  }

  @ParameterizedTest
  @CsvSource({"in_channels", "patch_size", "caption_channels"})
  void whatHasNoDefaultMustBeSaid(String key) {
    ObjectNode json = json(PUBLISHED);
    json.remove(key);
    assertThatThrownBy(() -> textToVideo(json, none()))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("lacks " + key);
  }

  @ParameterizedTest
  @CsvSource({
    "norm_type, \"ada_norm_zero\"",
    "activation_fn, \"geglu\"",
    "norm_elementwise_affine, true",
    "cross_attention_dim, 768",
    "out_channels, 6",
    "sample_size, 33",
    "patch_size, 0",
    "num_layers, 4097",
    "attention_head_dim, 2000000000",
    "num_attention_heads, \"16\"",
    "caption_channels, 2147483647",
    "video_length, 0",
    "video_length, 2147483647",
    "norm_eps, 0",
    "enable_temporal_attentions, 1"
  })
  void wrongOrContradictoryValuesNameTheirKey(String key, String value) throws IOException {
    ObjectNode json = json(PUBLISHED);
    json.set(key, new ObjectMapper().readTree(value));
    assertThatThrownBy(() -> textToVideo(json, none()))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("config.json: " + key + " is");
  }

  @Test
  void spatialAndTemporalBlocksMustBeAsMany() {
    Checkpoint weights =
        new ShapesOnly()
            .with("transformer_blocks.27.attn1.to_q.weight", 1, 1)
            .with("temporal_transformer_blocks.26.attn1.to_q.weight", 1, 1)
            .checkpoint();
    assertThatThrownBy(() -> textToVideo(json(PUBLISHED), weights))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("num_layers is 28")
        .hasMessageContaining("have 27");
  }

  @Test
  void argumentsAndWeightsOfTheAuthorsSayTheSame() {
    LatteConfig expected =
        new LatteConfig(
            LatteLayout.CLASS_CONDITIONAL,
            4,
            12,
            4,
            8,
            2,
            true,
            8,
            2,
            1e-6f,
            1,
            OptionalInt.empty(),
            101,
            5,
            96,
            true);
    assertThat(classConditional(json(ARGUMENTS), original(4))).isEqualTo(expected);
    assertThat(classConditional(empty().put("num_heads", 4), original(4))).isEqualTo(expected);
    LatteModel model = new LatteModel(expected);
    assertThat(model.conditioning("")).isEqualTo(new Conditioning.Classes(101));
    assertThat(model.samplingDefaults()).isEqualTo(new SamplingDefaults(250, 7, 8));
  }

  @ParameterizedTest
  @CsvSource({
    "extras, 1",
    "num_frames, 16",
    "num_classes, 1000",
    "depth, 6",
    "hidden_size, 64",
    "input_size, 16"
  })
  void argumentsMustAgreeWithTheWeights(String key, int value) {
    ObjectNode json = json(ARGUMENTS).put(key, value);
    assertThatThrownBy(() -> classConditional(json, original(4)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("config.json: " + key + " is");
  }

  @Test
  void blocksMustComeInPairs() {
    ObjectNode json = json(ARGUMENTS).put("depth", 3);
    assertThatThrownBy(() -> classConditional(json, original(3)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("depth is 3, but must be even");
  }

  @Test
  void unconditionalModelsAreRefused() {
    Checkpoint weights =
        new ShapesOnly()
            .with("temp_embed", 1, 5, 48)
            .with("blocks.0.adaLN_modulation.1.weight", 288, 48)
            .checkpoint();
    assertThat(new LatteFamily().recognizes(weights)).isTrue();
    assertThatThrownBy(
            () -> new LatteFamily().model(JsonConfig.of(empty(), "config.json"), weights))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("not conditioned on classes")
        .hasMessageContaining("y_embedder.embedding_table.weight");
  }

  @ParameterizedTest
  @EnumSource
  void mutatedConfigurationsAreReadOrRefused(LatteLayout layout) {
    boolean text = layout == LatteLayout.TEXT_TO_VIDEO;
    String original = text ? PUBLISHED : ARGUMENTS;
    Checkpoint weights = text ? none() : original(4);
    List<String> wrongValues = JsonMutations.withEachOtherValue(original);
    Iterator<String> next = wrongValues.iterator();
    Fuzz.run(
        30 + layout.ordinal(),
        wrongValues.size() + 400,
        random -> {
          JsonNode mutated;
          try {
            mutated =
                new ObjectMapper()
                    .readTree(
                        next.hasNext()
                            ? next.next()
                            : JsonMutations.withOtherValues(original, random));
          } catch (IOException unparsable) {
            return; // JsonConfig.read is fuzzed elsewhere
          }
          if (mutated.isObject()) {
            LatteConfig config =
                LatteConfig.of(
                    layout, new ModelDescription(JsonConfig.of(mutated, "fuzz"), weights));
            assertThat(config.channels()).isPositive();
            assertThat(config.outputFeatures()).isPositive();
            assertThat(new LatteModel(config).linearLayers()).isNotEmpty();
          }
        });
  }

  private static LatteConfig textToVideo(ObjectNode json, Checkpoint weights) {
    return LatteConfig.of(LatteLayout.TEXT_TO_VIDEO, description(json, weights));
  }

  private static LatteConfig classConditional(ObjectNode json, Checkpoint weights) {
    return LatteConfig.of(LatteLayout.CLASS_CONDITIONAL, description(json, weights));
  }

  private static Checkpoint original(int depth) {
    return new ShapesOnly()
        .with("pos_embed", 1, 16, 48)
        .with("temp_embed", 1, 5, 48)
        .with("x_embedder.proj.weight", 48, 4, 2, 2)
        .with("y_embedder.embedding_table.weight", 102, 48)
        .with("blocks.0.adaLN_modulation.1.weight", 1, 1)
        .with("blocks.0.mlp.fc1.weight", 96, 1)
        .with("blocks." + (depth - 1) + ".mlp.fc1.weight", 96, 1)
        .with("final_layer.linear.weight", 32, 1)
        .checkpoint();
  }
}
