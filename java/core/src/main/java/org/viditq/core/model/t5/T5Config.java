package org.viditq.core.model.t5;

import com.fasterxml.jackson.databind.JsonNode;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.operators.Activation;

/**
 * What a T5 encoder is made of.
 *
 * @param vocabulary rows of the token embedding
 * @param channels width of the encoder (d_model)
 * @param headDim channels per head (d_kv), independent of the width
 * @param hidden hidden channels of the feed-forward layer (d_ff)
 * @param layers encoder blocks
 * @param heads attention heads
 * @param buckets and {@code maxDistance}: see {@link RelativeBuckets}
 * @param normEps eps of the RMSNorms
 * @param activation of the feed-forward layer
 * @param gated whether the activated half is multiplied by a linear half (T5 v1.1)
 */
public record T5Config(
    int vocabulary,
    int channels,
    int headDim,
    int hidden,
    int layers,
    int heads,
    int buckets,
    int maxDistance,
    float normEps,
    Activation activation,
    boolean gated) {

  private static final String GATED = "gated-";

  /** As {@link #fromJson(JsonConfig)}. */
  public static T5Config fromJson(JsonNode json) {
    return fromJson(JsonConfig.of(json, "The T5 configuration"));
  }

  /**
   * Reads the {@code config.json} of transformers' {@code T5EncoderModel}.
   *
   * @throws org.viditq.core.error.InvalidModelException if a value is absent, has the wrong type,
   *     or asks for something T5 does not have
   */
  public static T5Config fromJson(JsonConfig json) {
    if (!json.getString("model_type", "t5").equals("t5")) {
      throw json.invalid("model_type", "\"t5\"");
    }
    String feedForward = json.getString("feed_forward_proj", "relu");
    boolean gated = feedForward.startsWith(GATED);
    int buckets = positive(json, "relative_attention_num_buckets", 32);
    if (buckets % 4 != 0) {
      throw json.invalid("relative_attention_num_buckets", "a multiple of 4");
    }
    int maxDistance = positive(json, "relative_attention_max_distance", 128);
    if (maxDistance <= buckets / 4) {
      throw json.invalid(
          "relative_attention_max_distance",
          "greater than a quarter of relative_attention_num_buckets");
    }
    double eps = json.getDouble("layer_norm_epsilon", 1e-6);
    if (!(eps > 0 && eps < 1)) {
      throw json.invalid("layer_norm_epsilon", "between 0 and 1");
    }
    return new T5Config(
        positive(json, "vocab_size"),
        positive(json, "d_model"),
        positive(json, "d_kv"),
        positive(json, "d_ff"),
        positive(json, "num_layers"),
        positive(json, "num_heads"),
        buckets,
        maxDistance,
        (float) eps,
        activation(json, gated ? feedForward.substring(GATED.length()) : feedForward, gated),
        gated);
  }

  // transformers reads "gated-gelu" as the tanh approximation that T5 v1.1 was trained with.
  private static Activation activation(JsonConfig json, String name, boolean gated) {
    switch (name) {
      case "relu":
        return Activation.RELU;
      case "gelu":
        return gated ? Activation.GELU_TANH : Activation.GELU_ERF;
      case "gelu_new":
        return Activation.GELU_TANH;
      case "silu":
        return Activation.SILU;
      default:
        throw json.invalid(
            "feed_forward_proj", "relu, gelu, gelu_new or silu, alone or behind \"gated-\"");
    }
  }

  private static int positive(JsonConfig json, String key) {
    return positive(json, key, json.getInt(key));
  }

  private static int positive(JsonConfig json, String key, int fallback) {
    int value = json.getInt(key, fallback);
    if (value <= 0) {
      throw json.invalid(key, "positive");
    }
    return value;
  }
}
