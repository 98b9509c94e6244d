package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/** What the golden cases of Latte cannot show: errors, and relations between runs. */
class LatteModelTest {
  private static final String TEXT = "model.latte__video";
  private static final String CLASS = "model.latte_original__class_conditional";

  private final Operators<Tensor> operators = ReferenceModels.operators();

  @AfterEach
  void close() {
    operators.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {TEXT, CLASS})
  void everyMissingTensorIsNamed(String fixture) {
    DenoiserModel model = FamilyModels.model(FixtureWeights.of(fixture));
    // Position tables are computed; stored ones are only looked at.
    MissingTensors.requireNamed(
        fixture,
        weights -> model.prepare(weights.parameters(), operators),
        List.of("pos_embed", "temp_embed"));
  }

  @ParameterizedTest
  @ValueSource(strings = {TEXT, CLASS})
  void everyMisshapenTensorIsNamed(String fixture) {
    DenoiserModel model = FamilyModels.model(FixtureWeights.of(fixture));
    for (String name : FixtureWeights.of(fixture).names()) {
      FixtureWeights weights = FixtureWeights.of(fixture);
      int[] dims = weights.get(name).shape().toArray();
      dims[0]++;
      weights.with(name, Tensor.zeros(dims));
      assertThatThrownBy(() -> model.prepare(weights.parameters(), operators))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void nonFiniteWeightsAreNamed() {
    String name = "temporal_transformer_blocks.1.attn1.to_k";
    FixtureWeights weights = FixtureWeights.of(TEXT);
    float[] data = weights.get(name + ".weight").data().clone();
    data[0] = Float.POSITIVE_INFINITY;
    weights.with(name + ".weight", Tensor.of(weights.get(name + ".weight").shape(), data));
    assertThatThrownBy(() -> FamilyModels.evaluate(weights, operators, inputs(weights)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {TEXT, CLASS})
  void samplesOfABatchAreIndependent(String fixture) {
    FixtureWeights weights = FixtureWeights.of(fixture);
    Map<String, Tensor> all = inputs(weights);
    Tensor together = FamilyModels.evaluate(weights, operators, all);
    for (int i = 0; i < together.dim(0); i++) {
      Tensor alone = FamilyModels.evaluate(weights, operators, FamilyModels.samples(all, i, i + 1));
      assertThat(alone.data()).isEqualTo(ReferenceModels.samples(together, i, i + 1).data());
    }
  }

  @Test
  void maskedTextDoesNotMatter() {
    FixtureWeights weights = FixtureWeights.of(TEXT);
    Map<String, Tensor> inputs = inputs(weights);
    Tensor mask = inputs.get(InputNames.MASK);
    Tensor text = inputs.get(InputNames.TEXT);
    float[] changed = text.data().clone();
    int features = text.dim(2);
    for (int token = 0; token < mask.size(); token++) {
      if (mask.data()[token] == 0) {
        Arrays.fill(changed, token * features, (token + 1) * features, 3);
      }
    }
    assertThat(changed).isNotEqualTo(text.data());
    assertThat(evaluate(weights, inputs, InputNames.TEXT, Tensor.of(text.shape(), changed)).data())
        .isEqualTo(FamilyModels.evaluate(weights, operators, inputs).data());
  }

  /** As LattePipeline does it: hidden padding is as good as padding that is cut off. */
  @Test
  void maskedTextIsAsCutText() {
    FixtureWeights weights = FixtureWeights.of(TEXT);
    Map<String, Tensor> inputs = FamilyModels.samples(inputs(weights), 0, 1);
    Tensor text = inputs.get(InputNames.TEXT);
    Tensor hidden =
        evaluate(weights, inputs, InputNames.MASK, Tensor.of(new float[] {1, 1, 1, 0, 0}, 1, 5));
    Map<String, Tensor> cut = FamilyModels.without(inputs, InputNames.MASK);
    Tensor some = Tensor.of(Arrays.copyOf(text.data(), 3 * text.dim(2)), 1, 3, text.dim(2));
    assertThat(evaluate(weights, cut, InputNames.TEXT, some).data()).isEqualTo(hidden.data());
  }

  /** Frames meet in temporal blocks only. */
  @Test
  void withoutTemporalBlocksFramesAreIndependent() {
    FixtureWeights weights = FixtureWeights.of(TEXT);
    Map<String, Tensor> inputs = inputs(weights);
    Tensor latents = inputs.get(InputNames.LATENTS);
    Map<String, Tensor> oneFrame = FamilyModels.with(inputs, InputNames.LATENTS, frame(latents, 1));
    assertThat(FamilyModels.evaluate(weights, operators, oneFrame).data())
        .isNotEqualTo(frame(FamilyModels.evaluate(weights, operators, inputs), 1).data());
    weights.config().put("enable_temporal_attentions", false);
    assertThat(FamilyModels.evaluate(weights, operators, oneFrame).data())
        .isEqualTo(frame(FamilyModels.evaluate(weights, operators, inputs), 1).data());
  }

  @ParameterizedTest
  @CsvSource({
    TEXT + ", 1, 4, 6",
    TEXT + ", 2, 2, 2",
    TEXT + ", 5, 10, 4",
    CLASS + ", 1, 8, 8",
    CLASS + ", 4, 4, 6"
  })
  void otherSizesThanTheTrainedOneAreFine(String fixture, int frames, int height, int width) {
    FixtureWeights weights = FixtureWeights.of(fixture);
    Map<String, Tensor> inputs = FamilyModels.samples(inputs(weights), 0, 1);
    Tensor latents = Tensor.full(0.5f, 1, 4, frames, height, width);
    assertThat(evaluate(weights, inputs, InputNames.LATENTS, latents).shape().toArray())
        .containsExactly(1, 8, frames, height, width);
  }

  @ParameterizedTest
  @CsvSource({"7, 8", "8, 7"})
  void latentsMustBeMultiplesOfThePatch(int height, int width) {
    FixtureWeights weights = FixtureWeights.of(TEXT);
    Map<String, Tensor> inputs = FamilyModels.samples(inputs(weights), 0, 1);
    Tensor latents = Tensor.zeros(1, 4, 2, height, width);
    assertThatThrownBy(() -> evaluate(weights, inputs, InputNames.LATENTS, latents))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(height + " x " + width)
        .hasMessageContaining("2 x 2");
  }

  @ParameterizedTest
  @CsvSource({
    TEXT + ", latents",
    TEXT + ", timesteps",
    TEXT + ", text",
    CLASS + ", latents",
    CLASS + ", timesteps",
    CLASS + ", labels"
  })
  void missingInputsAreNamed(String fixture, String input) {
    FixtureWeights weights = FixtureWeights.of(fixture);
    Map<String, Tensor> inputs = FamilyModels.without(inputs(weights), input);
    assertThatThrownBy(() -> FamilyModels.evaluate(weights, operators, inputs))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(input);
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    FixtureWeights text = FixtureWeights.of(TEXT);
    assertShapeError(text, InputNames.LATENTS, Tensor.zeros(1, 3, 3, 8, 8));
    assertShapeError(text, InputNames.LATENTS, Tensor.zeros(1, 4, 8, 8));
    assertShapeError(text, InputNames.LATENTS, Tensor.zeros(1, 4, 0, 8, 8));
    assertShapeError(text, InputNames.TIMESTEPS, Tensor.zeros(2));
    assertShapeError(text, InputNames.TEXT, Tensor.zeros(1, 5, 31));
    assertShapeError(text, InputNames.TEXT, Tensor.zeros(2, 5, 32));
    assertShapeError(text, InputNames.TEXT, Tensor.zeros(1, 1, 5, 32));
    assertShapeError(text, InputNames.MASK, Tensor.zeros(1, 4));
    assertShapeError(text, InputNames.MASK, Tensor.zeros(2, 5));
    FixtureWeights labelled = FixtureWeights.of(CLASS);
    assertShapeError(labelled, InputNames.TIMESTEPS, Tensor.zeros(2));
    assertShapeError(labelled, InputNames.LABELS, Tensor.zeros(2));
  }

  @ParameterizedTest
  @ValueSource(floats = {-1, 6, 2.5f})
  void labelsOutOfRangeAreRefused(float label) {
    FixtureWeights weights = FixtureWeights.of(CLASS);
    Map<String, Tensor> inputs = FamilyModels.samples(inputs(weights), 0, 1);
    assertThatThrownBy(() -> evaluate(weights, inputs, InputNames.LABELS, Tensor.full(label, 1)))
        .isInstanceOf(ShapeException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"pos_embed", "temp_embed"})
  void learnedPositionsAreRefused(String table) {
    FixtureWeights weights = FixtureWeights.of(CLASS);
    float[] values = weights.get(table).data().clone();
    values[values.length - 1] -= 0.1f;
    weights.with(table, Tensor.of(weights.get(table).shape(), values));
    assertThatThrownBy(() -> FamilyModels.evaluate(weights, operators, inputs(weights)))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining(table)
        .hasMessageContaining("learned positions are not supported");
  }

  @Test
  void blocksAreQuantizedAndNothingElse() {
    List<LinearLayer> layers = FamilyModels.model(FixtureWeights.of(TEXT)).linearLayers();
    assertThat(layers)
        .filteredOn(layer -> !layer.quantizedByDefault())
        .extracting(LinearLayer::name)
        .containsExactly(
            "adaln_single.emb.timestep_embedder.linear_1",
            "adaln_single.emb.timestep_embedder.linear_2",
            "adaln_single.linear",
            "caption_projection.linear_1",
            "caption_projection.linear_2",
            "proj_out");
    assertThat(layers)
        .filteredOn(layer -> layer.name().startsWith("temporal_transformer_blocks.0.attn1"))
        .extracting(LinearLayer::type)
        .hasSize(4)
        .containsOnly(LinearLayer.Type.TEMPORAL_ATTENTION);
    assertThat(FamilyModels.model(FixtureWeights.of(CLASS)).linearLayers())
        .filteredOn(layer -> layer.name().contains(".attn.qkv"))
        .extracting(LinearLayer::type)
        .containsExactly(
            LinearLayer.Type.SELF_ATTENTION,
            LinearLayer.Type.TEMPORAL_ATTENTION,
            LinearLayer.Type.SELF_ATTENTION,
            LinearLayer.Type.TEMPORAL_ATTENTION);
  }

  private Tensor evaluate(
      FixtureWeights weights, Map<String, Tensor> inputs, String changed, Tensor tensor) {
    return FamilyModels.evaluate(weights, operators, FamilyModels.with(inputs, changed, tensor));
  }

  private void assertShapeError(FixtureWeights weights, String changed, Tensor tensor) {
    Map<String, Tensor> inputs = FamilyModels.samples(inputs(weights), 0, 1);
    assertThatThrownBy(() -> evaluate(weights, inputs, changed, tensor))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining(tensor.shape().toString());
  }

  /** One frame of [B, C, F, H, W], as a clip. */
  private static Tensor frame(Tensor clip, int index) {
    int area = clip.dim(3) * clip.dim(4);
    int planes = clip.dim(0) * clip.dim(1);
    float[] values = new float[planes * area];
    for (int i = 0; i < planes; i++) {
      System.arraycopy(clip.data(), (i * clip.dim(2) + index) * area, values, i * area, area);
    }
    return Tensor.of(values, clip.dim(0), clip.dim(1), 1, clip.dim(3), clip.dim(4));
  }

  private static Map<String, Tensor> inputs(FixtureWeights weights) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put(InputNames.LATENTS, weights.input("hidden_states"));
    inputs.put(InputNames.TIMESTEPS, weights.input("timestep"));
    if (weights.input("class_labels") != null) {
      inputs.put(InputNames.LABELS, weights.input("class_labels"));
    } else {
      inputs.put(InputNames.TEXT, weights.input("encoder_hidden_states"));
      inputs.put(InputNames.MASK, weights.input("mask"));
    }
    return inputs;
  }
}
