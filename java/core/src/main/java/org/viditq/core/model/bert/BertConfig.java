package org.viditq.core.model.bert;

import com.fasterxml.jackson.databind.JsonNode;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.operators.Activation;

/**
 * What a BERT encoder is made of.
 *
 * @param vocabulary rows of the token embedding
 * @param channels width of the encoder (hidden_size), a multiple of {@code heads}
 * @param layers encoder layers
 * @param heads attention heads
 * @param hidden hidden channels of the feed-forward layer (intermediate_size)
 * @param positions rows of the position embedding: the longest text (max_position_embeddings)
 * @param tokenTypes rows of the token type embedding (type_vocab_size)
 * @param normEps eps of the LayerNorms
 * @param activation of the feed-forward layer
 */
public record BertConfig(
    int vocabulary,
    int channels,
    int layers,
    int heads,
    int hidden,
    int positions,
    int tokenTypes,
    float normEps,
    Activation activation) {

  /** As {@link #fromJson(JsonConfig)}. */
  public static BertConfig fromJson(JsonNode json) {
    return fromJson(JsonConfig.of(json, "The BERT configuration"));
  }

  /**
   * Reads the {@code config.json} of transformers' {@code BertModel}. Absent keys have its
   * defaults, but for sizes, which must be there.
   *
   * @throws org.viditq.core.error.InvalidModelException if a value is absent, has the wrong type,
   *     or asks for something that this encoder does not have: relative positions, a decoder
   */
  public static BertConfig fromJson(JsonConfig json) {
    requireValue(json, "model_type", "bert");
    requireValue(json, "position_embedding_type", "absolute");
    if (json.getBoolean("is_decoder", false)) {
      throw json.invalid("is_decoder", "false");
    }
    int channels = json.getPositiveInt("hidden_size");
    int heads = json.getPositiveInt("num_attention_heads");
    if (channels % heads != 0) {
      throw json.invalid("hidden_size", "a multiple of num_attention_heads, " + heads);
    }
    return new BertConfig(
        json.getPositiveInt("vocab_size"),
        channels,
        json.getPositiveInt("num_hidden_layers"),
        heads,
        json.getPositiveInt("intermediate_size"),
        json.getPositiveInt("max_position_embeddings", 512),
        json.getPositiveInt("type_vocab_size", 2),
        (float) json.getPositiveDouble("layer_norm_eps", 1e-12),
        activation(json));
  }

  private static void requireValue(JsonConfig json, String key, String value) {
    if (!json.getString(key, value).equals(value)) {
      throw json.invalid(key, "\"" + value + "\"");
    }
  }

  private static Activation activation(JsonConfig json) {
    return switch (json.getString("hidden_act", "gelu")) {
      case "gelu" -> Activation.GELU_ERF;
      case "gelu_new", "gelu_pytorch_tanh" -> Activation.GELU_TANH;
      case "relu" -> Activation.RELU;
      case "silu", "swish" -> Activation.SILU;
      default -> throw json.invalid("hidden_act", "gelu, gelu_new, relu or silu");
    };
  }
}
