package org.viditq.core.model.t5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.operators.Activation;

class T5ConfigTest {

  @Test
  void absentKeysHaveTransformersDefaults() {
    T5Config config = T5Config.fromJson(minimal());
    assertThat(config.buckets()).isEqualTo(32);
    assertThat(config.maxDistance()).isEqualTo(128);
    assertThat(config.normEps()).isEqualTo(1e-6f);
    assertThat(config.activation()).isEqualTo(Activation.RELU);
    assertThat(config.gated()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "relu, RELU, false",
    "gelu, GELU_ERF, false",
    "gelu_new, GELU_TANH, false",
    "gated-gelu, GELU_TANH, true",
    "gated-gelu_new, GELU_TANH, true",
    "gated-silu, SILU, true"
  })
  void feedForwardKinds(String projection, Activation activation, boolean gated) {
    T5Config config = T5Config.fromJson(minimal().put("feed_forward_proj", projection));
    assertThat(config.activation()).isEqualTo(activation);
    assertThat(config.gated()).isEqualTo(gated);
  }

  @Test
  void mt5IsGatedByDefault() {
    T5Config config = T5Config.fromJson(minimal().put("model_type", "mt5"));
    assertThat(config.activation()).isEqualTo(Activation.GELU_TANH);
    assertThat(config.gated()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "feed_forward_proj, \"swish\"",
    "model_type, \"umt5\"",
    "num_heads, 0",
    "d_model, -3",
    "relative_attention_num_buckets, 30",
    "relative_attention_max_distance, 8",
    "layer_norm_epsilon, 0"
  })
  void wrongValuesNameTheirKey(String key, String json) throws Exception {
    ObjectNode config = minimal();
    config.set(key, new ObjectMapper().readTree(json));
    assertThatThrownBy(() -> T5Config.fromJson(config))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(key);
  }

  @ParameterizedTest
  @CsvSource({"vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_heads"})
  void absentSizesAreNamed(String key) {
    ObjectNode config = minimal();
    config.remove(key);
    assertThatThrownBy(() -> T5Config.fromJson(config))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(key);
  }

  private static ObjectNode minimal() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("vocab_size", 60)
        .put("d_model", 32)
        .put("d_kv", 8)
        .put("d_ff", 64)
        .put("num_layers", 2)
        .put("num_heads", 4);
  }
}
