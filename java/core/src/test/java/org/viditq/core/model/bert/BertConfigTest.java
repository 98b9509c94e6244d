package org.viditq.core.model.bert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.operators.Activation;

class BertConfigTest {

  @Test
  void absentKeysHaveTransformersDefaults() {
    BertConfig config = BertConfig.fromJson(minimal());
    assertThat(config.positions()).isEqualTo(512);
    assertThat(config.tokenTypes()).isEqualTo(2);
    assertThat(config.normEps()).isEqualTo(1e-12f);
    assertThat(config.activation()).isEqualTo(Activation.GELU_ERF);
  }

  @ParameterizedTest
  @CsvSource({
    "gelu, GELU_ERF",
    "gelu_new, GELU_TANH",
    "gelu_pytorch_tanh, GELU_TANH",
    "relu, RELU",
    "silu, SILU",
    "swish, SILU"
  })
  void activations(String name, Activation activation) {
    assertThat(BertConfig.fromJson(minimal().put("hidden_act", name)).activation())
        .isEqualTo(activation);
  }

  @ParameterizedTest
  @CsvSource({
    "hidden_act, \"tanh\"",
    "model_type, \"roberta\"",
    "position_embedding_type, \"relative_key\"",
    "is_decoder, true",
    "hidden_size, 33",
    "num_attention_heads, 0",
    "vocab_size, -1",
    "max_position_embeddings, 1.5",
    "type_vocab_size, 0",
    "layer_norm_eps, 0"
  })
  void wrongValuesNameTheirKey(String key, String json) throws Exception {
    ObjectNode config = minimal();
    config.set(key, new ObjectMapper().readTree(json));
    assertThatThrownBy(() -> BertConfig.fromJson(config))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vocab_size",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size"
      })
  void absentSizesAreNamed(String key) {
    ObjectNode config = minimal();
    config.remove(key);
    assertThatThrownBy(() -> BertConfig.fromJson(config))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(key);
  }

  private static ObjectNode minimal() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("vocab_size", 60)
        .put("hidden_size", 32)
        .put("num_hidden_layers", 2)
        .put("num_attention_heads", 4)
        .put("intermediate_size", 64);
  }
}
