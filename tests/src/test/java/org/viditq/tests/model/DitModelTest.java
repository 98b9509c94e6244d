package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

/** What the golden cases of DiT cannot show: errors, and relations between runs. */
class DitModelTest {
  private static final String DIFFUSERS = "model.dit__learned_sigma";
  private static final String ORIGINAL = "model.dit_original__learned_sigma";
  private static final int CLASSES = 10;

  private final Operators<Tensor> operators = ReferenceModels.operators();

  @AfterEach
  void close() {
    operators.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {DIFFUSERS, ORIGINAL})
  void everyMissingTensorIsNamed(String fixture) {
    DenoiserModel model = FamilyModels.model(FixtureWeights.of(fixture));
    // The position table is computed; a stored one is only looked at.
    MissingTensors.requireNamed(
        fixture, weights -> model.prepare(weights.parameters(), operators), List.of("pos_embed"));
  }

  @ParameterizedTest
  @ValueSource(strings = {DIFFUSERS, ORIGINAL})
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "transformer_blocks.1.norm1.linear.weight",
        "transformer_blocks.0.norm1.emb.class_embedder.embedding_table.weight"
      })
  void nonFiniteWeightsAreNamed(String name) {
    FixtureWeights weights = FixtureWeights.of(DIFFUSERS);
    float[] data = weights.get(name).data().clone();
    data[data.length - 1] = Float.NaN;
    weights.with(name, Tensor.of(weights.get(name).shape(), data));
    assertThatThrownBy(() -> FamilyModels.evaluate(weights, operators, inputs(weights)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining(name.substring(0, name.lastIndexOf('.')));
  }

  @ParameterizedTest
  @ValueSource(strings = {DIFFUSERS, ORIGINAL})
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
  void classesMatter() {
    FixtureWeights weights = FixtureWeights.of(DIFFUSERS);
    Map<String, Tensor> inputs = FamilyModels.samples(inputs(weights), 0, 1);
    Tensor first = evaluate(weights, inputs, InputNames.LABELS, Tensor.full(0, 1));
    Tensor last = evaluate(weights, inputs, InputNames.LABELS, Tensor.full(CLASSES - 1, 1));
    Tensor none = evaluate(weights, inputs, InputNames.LABELS, Tensor.full(CLASSES, 1));
    assertThat(first.data()).isNotEqualTo(last.data());
    assertThat(last.data()).isNotEqualTo(none.data());
  }

  @ParameterizedTest
  @ValueSource(floats = {-1, CLASSES + 1, 0.5f, 1e20f, Float.NaN})
  void labelsOutOfRangeAreRefused(float label) {
    FixtureWeights weights = FixtureWeights.of(DIFFUSERS);
    Map<String, Tensor> inputs = FamilyModels.samples(inputs(weights), 0, 1);
    assertThatThrownBy(() -> evaluate(weights, inputs, InputNames.LABELS, Tensor.full(label, 1)))
        .isInstanceOf(ShapeException.class)
        .hasMessageStartingWith("embedding got ");
  }

  @ParameterizedTest
  @ValueSource(strings = {InputNames.LATENTS, InputNames.TIMESTEPS, InputNames.LABELS})
  void missingInputsAreNamed(String input) {
    FixtureWeights weights = FixtureWeights.of(DIFFUSERS);
    Map<String, Tensor> inputs = FamilyModels.without(inputs(weights), input);
    assertThatThrownBy(() -> FamilyModels.evaluate(weights, operators, inputs))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(input);
  }

  @ParameterizedTest
  @CsvSource({"8, 6", "7, 7", "6, 8"})
  void latentsMustBeSquaresOfPatches(int height, int width) {
    FixtureWeights weights = FixtureWeights.of(DIFFUSERS);
    Map<String, Tensor> inputs = FamilyModels.samples(inputs(weights), 0, 1);
    Tensor latents = Tensor.zeros(1, 4, height, width);
    assertThatThrownBy(() -> evaluate(weights, inputs, InputNames.LATENTS, latents))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("square")
        .hasMessageContaining(height + " x " + width);
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    FixtureWeights weights = FixtureWeights.of(DIFFUSERS);
    Map<String, Tensor> inputs = FamilyModels.samples(inputs(weights), 0, 1);
    assertShapeError(weights, inputs, InputNames.LATENTS, Tensor.zeros(1, 3, 8, 8));
    assertShapeError(weights, inputs, InputNames.LATENTS, Tensor.zeros(4, 8, 8));
    assertShapeError(weights, inputs, InputNames.LATENTS, Tensor.zeros(1, 4, 0, 0));
    assertShapeError(weights, inputs, InputNames.TIMESTEPS, Tensor.zeros(2));
    assertShapeError(weights, inputs, InputNames.TIMESTEPS, Tensor.zeros(1, 1));
    assertShapeError(weights, inputs, InputNames.LABELS, Tensor.zeros(2));
    assertShapeError(weights, inputs, InputNames.LABELS, Tensor.zeros(1, 1));
  }

  @Test
  void otherSizesThanTheTrainedOneAreFine() {
    FixtureWeights weights = FixtureWeights.of(DIFFUSERS);
    Map<String, Tensor> inputs = FamilyModels.samples(inputs(weights), 0, 1);
    for (int side : new int[] {2, 6, 10}) {
      Tensor latents = Tensor.full(0.5f, 1, 4, side, side);
      assertThat(evaluate(weights, inputs, InputNames.LATENTS, latents).shape().toArray())
          .containsExactly(1, 8, side, side);
    }
  }

  @Test
  void learnedPositionsAreRefused() {
    FixtureWeights weights = FixtureWeights.of(ORIGINAL);
    float[] table = weights.get("pos_embed").data().clone();
    table[48 + 2] += 0.1f;
    weights.with("pos_embed", Tensor.of(weights.get("pos_embed").shape(), table));
    assertThatThrownBy(() -> FamilyModels.evaluate(weights, operators, inputs(weights)))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("pos_embed")
        .hasMessageContaining("row 1, channel 2")
        .hasMessageContaining("learned positions are not supported");
  }

  @Test
  void embeddingsAndOutputStayInFullPrecision() {
    List<LinearLayer> layers = FamilyModels.model(FixtureWeights.of(DIFFUSERS)).linearLayers();
    assertThat(layers)
        .filteredOn(layer -> !layer.quantizedByDefault())
        .extracting(LinearLayer::name)
        .containsExactly(
            "transformer_blocks.0.norm1.emb.timestep_embedder.linear_1",
            "transformer_blocks.0.norm1.emb.timestep_embedder.linear_2",
            "transformer_blocks.1.norm1.emb.timestep_embedder.linear_1",
            "transformer_blocks.1.norm1.emb.timestep_embedder.linear_2",
            "proj_out_1",
            "proj_out_2");
    assertThat(layers)
        .filteredOn(layer -> layer.name().startsWith("transformer_blocks.1."))
        .flatExtracting(LinearLayer::publishedNames)
        .containsExactly(
            "t_embedder.mlp.0",
            "t_embedder.mlp.2",
            "blocks.1.adaLN_modulation.1",
            "blocks.1.attn.q",
            "blocks.1.attn.qkv",
            "blocks.1.attn.k",
            "blocks.1.attn.qkv",
            "blocks.1.attn.v",
            "blocks.1.attn.qkv",
            "blocks.1.attn.proj",
            "blocks.1.mlp.fc1",
            "blocks.1.mlp.fc2");
  }

  private Tensor evaluate(
      FixtureWeights weights, Map<String, Tensor> inputs, String changed, Tensor tensor) {
    return FamilyModels.evaluate(weights, operators, FamilyModels.with(inputs, changed, tensor));
  }

  private void assertShapeError(
      FixtureWeights weights, Map<String, Tensor> inputs, String changed, Tensor tensor) {
    assertThatThrownBy(() -> evaluate(weights, inputs, changed, tensor))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining(tensor.shape().toString());
  }

  private static Map<String, Tensor> inputs(FixtureWeights weights) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put(InputNames.LATENTS, weights.input("hidden_states"));
    inputs.put(InputNames.TIMESTEPS, weights.input("timestep"));
    inputs.put(InputNames.LABELS, weights.input("class_labels"));
    return inputs;
  }
}
