package org.viditq.core.model.dit;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.fuzz.Fuzz;
import org.viditq.core.fuzz.JsonMutations;
import org.viditq.core.model.ModelDescription;
import org.viditq.core.model.ShapesOnly;

class DitConfigTest {
  private static final String PUBLISHED =
      """
      {"_class_name": "Transformer2DModel", "_diffusers_version": "0.12.0.dev0",
       "activation_fn": "gelu-approximate", "attention_bias": true, "attention_head_dim": 72,
       "cross_attention_dim": null, "dropout": 0.0, "in_channels": 4,
       "norm_elementwise_affine": false, "norm_num_groups": 32, "norm_type": "ada_norm_zero",
       "num_attention_heads": 16, "num_embeds_ada_norm": 1000, "num_layers": 28,
       "num_vector_embeds": null, "only_cross_attention": false, "out_channels": 8,
       "patch_size": 2, "sample_size": 32, "upcast_attention": false,
       "use_linear_projection": false}
      """;

  private static final String ARGUMENTS =
      """
      {"input_size": 8, "patch_size": 2, "in_channels": 4, "hidden_size": 384, "depth": 2,
       "num_heads": 6, "mlp_ratio": 4.0, "class_dropout_prob": 0.1, "num_classes": 10,
       "learn_sigma": true}
      """;

  @Test
  void publishedConfigurationIsDitXl2() {
    DitConfig config = DitConfig.of(DitLayout.DIFFUSERS, description(json(PUBLISHED), none()));
    assertThat(config)
        .isEqualTo(
            new DitConfig(DitLayout.DIFFUSERS, 16, 72, 4, 8, 28, true, 32, 2, 1e-5f, 1000, 4608));
    assertThat(config.channels()).isEqualTo(1152);
    assertThat(config.baseGrid()).isEqualTo(16);
    assertThat(config.outputFeatures()).isEqualTo(32);
  }

  @Test
  void emptyConfigurationHasTheDefaultsOfDiffusers() {
    assertThat(DitConfig.of(DitLayout.DIFFUSERS, description(empty(), none())))
        .isEqualTo(
            new DitConfig(DitLayout.DIFFUSERS, 16, 72, 4, 4, 28, true, 32, 2, 1e-5f, 1000, 4608));
  }

  @Test
  void shapesSayWhatABareCheckpointDoesNot() {
    assertThat(DitConfig.of(DitLayout.ORIGINAL, description(empty(), original())))
        .isEqualTo(new DitConfig(DitLayout.ORIGINAL, 6, 64, 4, 8, 2, true, 8, 2, 1e-6f, 10, 1536));
    Checkpoint diffusers =
        new ShapesOnly()
            .with("pos_embed.proj.weight", 384, 3, 4, 4)
            .with(DitLayout.FIRST_CLASS_TABLE, 6, 384)
            .with("transformer_blocks.1.attn1.to_q.weight", 384, 384)
            .with("proj_out_2.weight", 96, 384)
            .checkpoint();
    assertThat(DitConfig.of(DitLayout.DIFFUSERS, description(empty(), diffusers)))
        .isEqualTo(new DitConfig(DitLayout.DIFFUSERS, 6, 64, 3, 6, 2, true, 32, 4, 1e-5f, 5, 1536));
  }

  @Test
  void headsOfUnpublishedSizesMustBeSaid() {
    Checkpoint weights = new ShapesOnly().with("x_embedder.proj.weight", 48, 4, 2, 2).checkpoint();
    assertThatThrownBy(() -> DitConfig.of(DitLayout.ORIGINAL, description(empty(), weights)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("config.json lacks num_heads, which must be an integer.");
    assertThat(
            DitConfig.of(DitLayout.ORIGINAL, description(empty().put("num_heads", 4), weights))
                .headDim())
        .isEqualTo(12);
  }

  @ParameterizedTest
  @CsvSource({
    "norm_type, \"ada_norm_single\"",
    "activation_fn, \"geglu\"",
    "norm_elementwise_affine, true",
    "double_self_attention, true",
    "cross_attention_dim, 768",
    "caption_channels, 4096",
    "out_channels, 6",
    "sample_size, 33",
    "patch_size, 0",
    "patch_size, 65",
    "num_layers, -1",
    "num_layers, 4097",
    "in_channels, 4097",
    "attention_head_dim, 2000000000",
    "attention_head_dim, 2147483647",
    "num_attention_heads, \"16\"",
    "num_embeds_ada_norm, 0",
    "num_embeds_ada_norm, 2147483647",
    "norm_eps, 0"
  })
  void wrongOrContradictoryValuesNameTheirKey(String key, String value) throws IOException {
    ObjectNode json = json(PUBLISHED);
    json.set(key, new ObjectMapper().readTree(value));
    assertThatThrownBy(() -> DitConfig.of(DitLayout.DIFFUSERS, description(json, none())))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("config.json: " + key + " is");
  }

  @ParameterizedTest
  @CsvSource({
    "hidden_size, 386",
    "num_heads, 7",
    "input_size, 9",
    "input_size, 16",
    "depth, 3",
    "num_classes, 11",
    "learn_sigma, false",
    "mlp_ratio, 2",
    "mlp_ratio, 1e300",
    "mlp_ratio, 1e-300",
    "patch_size, 4",
    "in_channels, 3"
  })
  void argumentsMustAgreeWithTheWeights(String key, String value) throws IOException {
    ObjectNode json = json(ARGUMENTS);
    json.set(key, new ObjectMapper().readTree(value));
    assertThatThrownBy(() -> DitConfig.of(DitLayout.ORIGINAL, description(json, original())))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("config.json: ");
  }

  @Test
  void argumentsThatAgreeAreFine() {
    assertThat(DitConfig.of(DitLayout.ORIGINAL, description(json(ARGUMENTS), original())))
        .isEqualTo(DitConfig.of(DitLayout.ORIGINAL, description(empty(), original())));
  }

  @Test
  void contradictionsNameBothSides() {
    ObjectNode json = json(ARGUMENTS).put("depth", 3);
    assertThatThrownBy(() -> DitConfig.of(DitLayout.ORIGINAL, description(json, original())))
        .hasMessage("config.json: depth is 3, which makes 3, but the weights in weights have 2.");
  }

  @ParameterizedTest
  @EnumSource
  void mutatedConfigurationsAreReadOrRefused(DitLayout layout) {
    String text = layout == DitLayout.DIFFUSERS ? PUBLISHED : ARGUMENTS;
    Checkpoint weights = layout == DitLayout.DIFFUSERS ? none() : original();
    List<String> wrongValues = JsonMutations.withEachOtherValue(text);
    Iterator<String> next = wrongValues.iterator();
    Fuzz.run(
        20 + layout.ordinal(),
        wrongValues.size() + 400,
        random -> {
          JsonNode mutated;
          try {
            mutated =
                new ObjectMapper()
                    .readTree(
                        next.hasNext() ? next.next() : JsonMutations.withOtherValues(text, random));
          } catch (IOException unparsable) {
            return; // JsonConfig.read is fuzzed elsewhere
          }
          if (mutated.isObject()) {
            DitConfig config =
                DitConfig.of(layout, new ModelDescription(JsonConfig.of(mutated, "fuzz"), weights));
            assertThat(config.channels()).isPositive();
            assertThat(config.outputFeatures()).isPositive();
            assertThat(new DitModel(config).linearLayers()).isNotEmpty();
          }
        });
  }

  private static Checkpoint original() {
    return new ShapesOnly()
        .with("pos_embed", 1, 16, 384)
        .with("x_embedder.proj.weight", 384, 4, 2, 2)
        .with("y_embedder.embedding_table.weight", 11, 384)
        .with("blocks.0.adaLN_modulation.1.weight", 1, 1)
        .with("blocks.0.mlp.fc1.weight", 1536, 1)
        .with("blocks.1.mlp.fc1.weight", 1536, 1)
        .with("final_layer.linear.weight", 32, 1)
        .checkpoint();
  }
}
