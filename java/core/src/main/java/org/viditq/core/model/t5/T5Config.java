package org.viditq.core.model.t5;

import com.fasterxml.jackson.databind.JsonNode;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.operators.Activation;

/**
 * What a T5 or mT5 encoder is made of.
 *
 * @param vocabulary rows of the token embedding
 * @param channels width of the encoder (d_model)
 * @param headDim channels per head (d_kv), independent of the width
 * @param hidden hidden channels of the feed-forward layer (d_ff)
 * @param layers encoder blocks
 * @param heads attention heads
 * @param buckets number of {@link RelativeBuckets}
 * @param maxDistance from this distance on, all keys share a bucket
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
  private static final String T5 = "t5";
  private static final String MT5 = "mt5";

  /** As {@link #fromJson(JsonConfig)}. */
  public static T5Config fromJson(JsonNode json) {
    return fromJson(JsonConfig.of(json, "The T5 configuration"));
  }

  /**
   * Reads the {@code config.json} of transformers' {@code T5EncoderModel} or {@code
   * MT5EncoderModel} (model_type t5 or mt5; they differ in the default of feed_forward_proj).
   *
   * @throws org.viditq.core.error.InvalidModelException if a value is absent, has the wrong type,
   *     or asks for something T5 does not have
   */
  public static T5Config fromJson(JsonConfig json) {
    String modelType = json.getString("model_type", T5);
    if (!modelType.equals(T5) && !modelType.equals(MT5)) {
      throw json.invalid("model_type", "\"t5\" or \"mt5\"");
    }
    String feedForward =
        json.getString("feed_forward_proj", modelType.equals(MT5) ? "gated-gelu" : "relu");
    boolean gated = feedForward.startsWith(GATED);
    int buckets = json.getPositiveInt("relative_attention_num_buckets", 32);
    if (buckets % 4 != 0) {
      throw json.invalid("relative_attention_num_buckets", "a multiple of 4");
    }
    int maxDistance = json.getPositiveInt("relative_attention_max_distance", 128);
    if (maxDistance <= buckets / 4) {
      throw json.invalid(
          "relative_attention_max_distance",
          "greater than a quarter of relative_attention_num_buckets");
    }
    return new T5Config(
        json.getPositiveInt("vocab_size"),
        json.getPositiveInt("d_model"),
        json.getPositiveInt("d_kv"),
        json.getPositiveInt("d_ff"),
        json.getPositiveInt("num_layers"),
        json.getPositiveInt("num_heads"),
        buckets,
        maxDistance,
        (float) json.getPositiveDouble("layer_norm_epsilon", 1e-6),
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
}
