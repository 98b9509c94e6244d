package org.viditq.core.model.pixart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.model.LinearLayer;

class PixArtConfigTest {

  @Test
  void emptyConfigurationIsPixArtAlphaXl1024() {
    PixArtConfig config = PixArtConfig.fromJson(empty());
    assertThat(config.channels()).isEqualTo(1152);
    assertThat(config.layers()).isEqualTo(28);
    assertThat(config.baseGrid()).isEqualTo(64);
    assertThat(config.interpolationScale()).isEqualTo(2);
    assertThat(config.sizeConditions()).isTrue();
    assertThat(config.learnedSigma()).isTrue();
    assertThat(config.captionChannels()).isEmpty();
    assertThat(config.mlpHidden()).isEqualTo(4608);
    assertThat(config.attentionBias()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"32, 1, false", "64, 1, false", "128, 2, true", "256, 4, false"})
  void sampleSizeDecidesScaleAndSizeConditions(int sampleSize, double scale, boolean conditions) {
    PixArtConfig config = PixArtConfig.fromJson(empty().put("sample_size", sampleSize));
    assertThat(config.interpolationScale()).isEqualTo(scale);
    assertThat(config.sizeConditions()).isEqualTo(conditions);
  }

  @Test
  void writtenValuesWinOverDerivedOnes() {
    PixArtConfig config =
        PixArtConfig.fromJson(
            empty()
                .put("sample_size", 128)
                .put("interpolation_scale", 0.5)
                .put("use_additional_conditions", false)
                .put("out_channels", 4));
    assertThat(config.interpolationScale()).isEqualTo(0.5);
    assertThat(config.sizeConditions()).isFalse();
    assertThat(config.learnedSigma()).isFalse();
  }

  @Test
  void nullCountsAsAbsent() {
    ObjectNode json = empty().put("sample_size", 16);
    json.putNull("interpolation_scale").putNull("caption_channels");
    PixArtConfig config = PixArtConfig.fromJson(json);
    assertThat(config.interpolationScale()).isEqualTo(1);
    assertThat(config.captionChannels()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "norm_type, \"ada_norm_zero\"",
    "activation_fn, \"geglu\"",
    "attention_type, \"gated\"",
    "norm_elementwise_affine, true",
    "cross_attention_dim, 768",
    "out_channels, 6",
    "sample_size, 33",
    "patch_size, 0",
    "num_layers, -1",
    "num_layers, 5000",
    "attention_head_dim, 2000000000",
    "num_attention_heads, \"16\"",
    "norm_eps, 0",
    "interpolation_scale, 0",
    "caption_channels, 0"
  })
  void wrongOrContradictoryValuesNameTheirKey(String key, String value) throws Exception {
    ObjectNode json = empty();
    json.set(key, new ObjectMapper().readTree(value));
    assertThatThrownBy(() -> PixArtConfig.fromJson(JsonConfig.of(json, "config.json")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("config.json: " + key + " is");
  }

  @Test
  void sizeConditionsNeedChannelsInThirds() {
    ObjectNode json =
        empty()
            .put("num_attention_heads", 4)
            .put("attention_head_dim", 8)
            .put("use_additional_conditions", true);
    assertThatThrownBy(() -> PixArtConfig.fromJson(json))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("use_additional_conditions");
  }

  @Test
  void originalDescriptionBecomesTheSameNetwork() {
    PixArtConfig config =
        PixArtConfig.fromOriginalJson(
            JsonConfig.of(
                empty()
                    .put("hidden_size", 48)
                    .put("num_heads", 4)
                    .put("depth", 2)
                    .put("input_size", 8)
                    .put("caption_channels", 32)
                    .put("micro_condition", true),
                "description"));
    assertThat(config.layout()).isEqualTo(PixArtLayout.ORIGINAL);
    assertThat(config.headDim()).isEqualTo(12);
    assertThat(config.outChannels()).isEqualTo(8);
    assertThat(config.mlpHidden()).isEqualTo(192);
    assertThat(config.sizeConditions()).isTrue();
    assertThat(config.captionChannels()).hasValue(32);
  }

  @ParameterizedTest
  @CsvSource({"hidden_size, 50", "num_heads, 7", "input_size, 9", "pe_interpolation, -1"})
  void wrongOriginalValuesAreRejected(String key, String value) throws Exception {
    ObjectNode json = empty();
    json.set(key, new ObjectMapper().readTree(value));
    assertThatThrownBy(() -> PixArtConfig.fromOriginalJson(JsonConfig.of(json, "description")))
        .isInstanceOf(InvalidModelException.class);
  }

  @Test
  void linearLayersAreListedInOrderOfExecution() {
    List<LinearLayer> layers = new PixArtModel(PixArtConfig.fromJson(empty())).linearLayers();
    assertThat(layers).extracting(LinearLayer::name).doesNotHaveDuplicates();
    assertThat(layers)
        .filteredOn(LinearLayer::quantizedByDefault)
        .extracting(LinearLayer::name)
        .hasSize(28 * 10)
        .startsWith(
            "transformer_blocks.0.attn1.to_q",
            "transformer_blocks.0.attn1.to_k",
            "transformer_blocks.0.attn1.to_v",
            "transformer_blocks.0.attn1.to_out.0",
            "transformer_blocks.0.attn2.to_q")
        .endsWith("transformer_blocks.27.ff.net.2");
    assertThat(layers.get(layers.size() - 1))
        .isEqualTo(
            LinearLayer.outsideBlocks(
                "proj_out", LinearLayer.Type.OUTPUT, 1152, 32, "final_layer.linear"));
  }

  private static ObjectNode empty() {
    return JsonNodeFactory.instance.objectNode();
  }
}
