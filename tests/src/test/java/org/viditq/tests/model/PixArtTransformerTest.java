package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.embedding.SizeConditions;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.model.pixart.PixArtTransformer;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/** What the golden cases of PixArt cannot show: errors, and relations between runs. */
class PixArtTransformerTest {
  private static final String CONDITIONED = "model.pixart_alpha__cond";
  private static final String PLAIN = "model.pixart_alpha__plain";
  private static final String ORIGINAL = "model.pixart_original__pixartms";

  private final Operators<Tensor> operators = ReferenceModels.operators();

  @AfterEach
  void close() {
    operators.close();
  }

  @Test
  void everyMissingTensorIsNamed() {
    MissingTensors.requireNamed(CONDITIONED, this::diffusers, List.of());
  }

  @Test
  void everyMissingTensorOfTheOriginalLayoutIsNamed() {
    // The table is computed for the latent's size; the null caption is the sampler's business.
    MissingTensors.requireNamed(
        ORIGINAL, this::original, List.of("pos_embed", "y_embedder.y_embedding"));
  }

  @Test
  void everyMisshapenTensorIsNamed() {
    for (String name : FixtureWeights.of(CONDITIONED).names()) {
      FixtureWeights weights = FixtureWeights.of(CONDITIONED);
      int[] dims = weights.get(name).shape().toArray();
      dims[0]++;
      weights.with(name, Tensor.zeros(dims));
      assertThatThrownBy(() -> diffusers(weights))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContaining(name);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void layerWithNonFiniteWeightsIsNamed(float value) {
    String name = "transformer_blocks.1.ff.net.2";
    FixtureWeights weights = FixtureWeights.of(PLAIN);
    float[] data = weights.get(name + ".weight").data().clone();
    data[data.length - 1] = value;
    weights.with(name + ".weight", Tensor.of(weights.get(name + ".weight").shape(), data));
    assertThatThrownBy(() -> diffusers(weights))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining(name);
  }

  /** The authors publish weights alone. */
  @Test
  void whatABareCheckpointLeavesOpenFollowsFromItsWeights() {
    FixtureWeights weights = FixtureWeights.of(ORIGINAL);
    JsonConfig nothing = JsonConfig.of(JsonNodeFactory.instance.objectNode(), "bare.pth");
    PixArtConfig derived = PixArtConfig.fromOriginal(nothing, weights.checkpoint());
    PixArtConfig described = PixArtConfig.fromOriginalJson(json(weights));
    assertThat(derived.channels()).isEqualTo(described.channels());
    assertThat(derived.layers()).isEqualTo(described.layers());
    assertThat(derived.inChannels()).isEqualTo(described.inChannels());
    assertThat(derived.outChannels()).isEqualTo(described.outChannels());
    assertThat(derived.patchSize()).isEqualTo(described.patchSize());
    assertThat(derived.sampleSize()).isEqualTo(described.sampleSize());
    assertThat(derived.mlpHidden()).isEqualTo(described.mlpHidden());
    assertThat(derived.sizeConditions()).isEqualTo(described.sizeConditions());
    assertThat(derived.captionChannels()).isEqualTo(described.captionChannels());
    assertThat(derived.textTokens()).hasValue(6);
  }

  @Test
  void bothLayoutsAreTheSameNetwork() {
    FixtureWeights weights = FixtureWeights.of(ORIGINAL);
    Tensor mask = weights.input("mask");
    PixArtTransformer<Tensor> original = original(weights);
    PixArtTransformer<Tensor> diffusers = diffusers(toDiffusersLayout(weights));
    // A bias of -10000 leaves masked tokens a weight of exactly 0 after the softmax.
    assertClose(
        originalForward(diffusers, weights, Optional.of(mask)),
        originalForward(original, weights, Optional.of(mask)));
    assertClose(
        originalForward(diffusers, weights, Optional.empty()),
        originalForward(original, weights, Optional.empty()));
  }

  @Test
  void maskedTextDoesNotMatter() {
    FixtureWeights weights = FixtureWeights.of(PLAIN);
    PixArtTransformer<Tensor> model = diffusers(weights);
    Tensor text = weights.input("encoder_hidden_states");
    Tensor mask = weights.input("encoder_attention_mask");
    float[] changed = text.data().clone();
    int channels = text.dim(2);
    for (int token = 0; token < mask.size(); token++) {
      if (mask.data()[token] == 0) {
        for (int c = 0; c < channels; c++) {
          changed[token * channels + c] += 1 + c;
        }
      }
    }
    assertThat(changed).isNotEqualTo(text.data());
    Tensor expected = forward(model, weights, text, Optional.of(mask));
    Tensor got = forward(model, weights, Tensor.of(text.shape(), changed), Optional.of(mask));
    assertThat(got.data()).isEqualTo(expected.data());
  }

  @Test
  void samplesOfABatchAreIndependent() {
    FixtureWeights weights = FixtureWeights.of(CONDITIONED);
    PixArtTransformer<Tensor> model = diffusers(weights);
    Tensor both = conditionedForward(model, weights, 0, 2);
    for (int sample = 0; sample < 2; sample++) {
      Tensor alone = conditionedForward(model, weights, sample, sample + 1);
      assertThat(alone.data()).isEqualTo(ReferenceModels.samples(both, sample, sample + 1).data());
    }
  }

  @Test
  void captionsOfTheTransformersWidthNeedNoProjection() {
    FixtureWeights weights = FixtureWeights.of(PLAIN);
    Tensor expected =
        forward(
            diffusers(weights), weights, weights.input("encoder_hidden_states"), Optional.empty());
    Tensor projected = projectCaption(weights);
    weights.config().remove("caption_channels");
    weights.names().removeIf(name -> name.startsWith("caption_projection."));
    Tensor got = forward(diffusers(weights), weights, projected, Optional.empty());
    assertThat(got.data()).isEqualTo(expected.data());
  }

  @Test
  void attentionWithoutBiasesIsAttentionWithZeroBiases() {
    FixtureWeights zero = FixtureWeights.of(PLAIN);
    FixtureWeights none = FixtureWeights.of(PLAIN);
    for (String name : FixtureWeights.of(PLAIN).names()) {
      if (name.matches(".*\\.attn[12]\\.to_[qkv]\\.bias")) {
        zero.with(name, Tensor.zeros(zero.get(name).size()));
        none.without(name);
      }
    }
    assertThatThrownBy(() -> diffusers(none)).isInstanceOf(InvalidCheckpointException.class);
    none.config().put("attention_bias", false);
    Tensor text = zero.input("encoder_hidden_states");
    assertThat(forward(diffusers(none), none, text, Optional.empty()).data())
        .isEqualTo(forward(diffusers(zero), zero, text, Optional.empty()).data());
  }

  @Test
  void latentsMustBeMultiplesOfThePatch() {
    PixArtTransformer<Tensor> model = diffusers(FixtureWeights.of(PLAIN));
    assertThatThrownBy(() -> forward(model, Tensor.zeros(1, 4, 8, 7), Tensor.zeros(1, 6, 40)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("8 x 7")
        .hasMessageContaining("2 x 2");
  }

  @Test
  void sizeConditionsMustBeThere() {
    PixArtTransformer<Tensor> model = diffusers(FixtureWeights.of(CONDITIONED));
    assertThatThrownBy(() -> forward(model, Tensor.zeros(1, 4, 8, 8), Tensor.zeros(1, 6, 32)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("size conditions");
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    PixArtTransformer<Tensor> model = diffusers(FixtureWeights.of(PLAIN));
    Tensor latents = Tensor.zeros(1, 4, 8, 8);
    assertShapeError(model, Tensor.zeros(1, 3, 8, 8), Tensor.zeros(1, 6, 40), "[1, 3, 8, 8]");
    assertShapeError(model, latents, Tensor.zeros(1, 6, 41), "[1, 6, 41]");
    assertShapeError(model, latents, Tensor.zeros(2, 6, 40), "[2, 6, 40]");
    assertShapeError(model, latents, Tensor.zeros(1, 2, 6, 40), "[1, 2, 6, 40]");
    assertThatThrownBy(
            () ->
                model.forward(
                    latents,
                    Tensor.zeros(1),
                    Tensor.zeros(1, 6, 40),
                    Optional.of(Tensor.zeros(1, 5)),
                    Optional.empty()))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[1, 6]")
        .hasMessageContaining("[1, 5]");
  }

  @Test
  void packedTextNeedsAToken() {
    FixtureWeights weights = FixtureWeights.of(ORIGINAL);
    float[] mask = weights.input("mask").data().clone();
    Arrays.fill(mask, 6, 12, 0);
    PixArtTransformer<Tensor> model = original(weights);
    assertThatThrownBy(() -> originalForward(model, weights, Optional.of(Tensor.of(mask, 2, 6))))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("sample 1");
  }

  private void assertShapeError(
      PixArtTransformer<Tensor> model, Tensor latents, Tensor text, String shape) {
    assertThatThrownBy(() -> forward(model, latents, text))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining(shape);
  }

  private static void assertClose(Tensor got, Tensor expected) {
    assertThat(got.shape()).isEqualTo(expected.shape());
    assertThat(got.data()).containsExactly(expected.data(), within(1e-5f));
  }

  private PixArtTransformer<Tensor> diffusers(FixtureWeights weights) {
    return new PixArtTransformer<>(
        PixArtConfig.fromJson(weights.config()), weights.parameters(), operators);
  }

  private PixArtTransformer<Tensor> original(FixtureWeights weights) {
    return new PixArtTransformer<>(
        PixArtConfig.fromOriginalJson(json(weights)), weights.parameters(), operators);
  }

  private static JsonConfig json(FixtureWeights weights) {
    return JsonConfig.of(weights.config(), "fixture");
  }

  private Tensor projectCaption(FixtureWeights weights) {
    Tensor text = weights.input("encoder_hidden_states");
    Linear first =
        operators.prepare(
            weights.parameters().linear("caption_projection.linear_1", text.dim(2), 48));
    Linear second =
        operators.prepare(weights.parameters().linear("caption_projection.linear_2", 48, 48));
    Tensor hidden = operators.linear(text, first, Epilogue.activation(Activation.GELU_TANH));
    return operators.linear(hidden, second);
  }

  private static Tensor forward(PixArtTransformer<Tensor> model, Tensor latents, Tensor text) {
    return model.forward(
        latents, Tensor.full(500, latents.dim(0)), text, Optional.empty(), Optional.empty());
  }

  private static Tensor forward(
      PixArtTransformer<Tensor> model, FixtureWeights weights, Tensor text, Optional<Tensor> mask) {
    return model.forward(
        weights.input("hidden_states"), weights.input("timestep"), text, mask, Optional.empty());
  }

  private static Tensor conditionedForward(
      PixArtTransformer<Tensor> model, FixtureWeights weights, int from, int to) {
    return model.forward(
        ReferenceModels.samples(weights.input("hidden_states"), from, to),
        ReferenceModels.samples(weights.input("timestep"), from, to),
        ReferenceModels.samples(weights.input("encoder_hidden_states"), from, to),
        Optional.of(ReferenceModels.samples(weights.input("encoder_attention_mask"), from, to)),
        Optional.of(
            new SizeConditions<>(
                ReferenceModels.samples(weights.input("resolution"), from, to),
                ReferenceModels.samples(weights.input("aspect_ratio"), from, to))));
  }

  private static Tensor originalForward(
      PixArtTransformer<Tensor> model, FixtureWeights weights, Optional<Tensor> mask) {
    return model.forward(
        weights.input("x"),
        weights.input("timestep"),
        weights.input("y"),
        mask,
        Optional.of(new SizeConditions<>(weights.input("img_hw"), weights.input("aspect_ratio"))));
  }

  /** The original fixture's weights under diffusers' names, fused projections taken apart. */
  private static FixtureWeights toDiffusersLayout(FixtureWeights original) {
    FixtureWeights result = FixtureWeights.of(CONDITIONED);
    result.names().clear();
    ObjectNode config = result.config();
    config.setAll(original.config());
    config.put("num_layers", original.config().get("depth").intValue());
    config.put("num_attention_heads", original.config().get("num_heads").intValue());
    for (String name : original.names()) {
      Tensor tensor = original.get(name);
      if (name.contains("attn.qkv.")) {
        split(result, name, tensor, ".attn.qkv.", ".attn1.to_q.", ".attn1.to_k.", ".attn1.to_v.");
      } else if (name.contains("cross_attn.kv_linear.")) {
        split(result, name, tensor, ".cross_attn.kv_linear.", ".attn2.to_k.", ".attn2.to_v.");
      } else {
        result.with(toDiffusersName(name), tensor);
      }
    }
    return result;
  }

  private static void split(
      FixtureWeights result, String name, Tensor fused, String from, String... to) {
    int rows = fused.dim(0) / to.length;
    for (int i = 0; i < to.length; i++) {
      result.with(
          toDiffusersName(name.replace(from, to[i])),
          ReferenceModels.samples(fused, i * rows, (i + 1) * rows));
    }
  }

  private static String toDiffusersName(String name) {
    return name.replaceFirst("^blocks\\.", "transformer_blocks.")
        .replace(".cross_attn.q_linear.", ".attn2.to_q.")
        .replace(".cross_attn.proj.", ".attn2.to_out.0.")
        .replace(".attn.proj.", ".attn1.to_out.0.")
        .replace(".mlp.fc1.", ".ff.net.0.proj.")
        .replace(".mlp.fc2.", ".ff.net.2.")
        .replaceFirst("^x_embedder\\.", "pos_embed.")
        .replaceFirst("^t_embedder\\.mlp\\.", "adaln_single.emb.timestep_embedder.mlp.")
        .replaceFirst("^csize_embedder\\.mlp\\.", "adaln_single.emb.resolution_embedder.mlp.")
        .replaceFirst("^ar_embedder\\.mlp\\.", "adaln_single.emb.aspect_ratio_embedder.mlp.")
        .replace("_embedder.mlp.0.", "_embedder.linear_1.")
        .replace("_embedder.mlp.2.", "_embedder.linear_2.")
        .replaceFirst("^t_block\\.1\\.", "adaln_single.linear.")
        .replaceFirst("^y_embedder\\.y_proj\\.fc", "caption_projection.linear_")
        .replaceFirst("^final_layer\\.linear\\.", "proj_out.")
        .replaceFirst("^final_layer\\.", "");
  }
}
