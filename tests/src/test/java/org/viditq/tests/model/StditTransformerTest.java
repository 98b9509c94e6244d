package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.stdit.StditFamily;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.NativeBackend;

/** What the golden cases of STDiT cannot show: errors, other sizes, and relations between runs. */
class StditTransformerTest {
  private static final String FUSED = "model.stdit__base_fused_qkv";
  private static final String SPLIT = "model.stdit__base_split_qkv";
  private static final String DEEP = "model.stdit__deep_fused_qkv";

  private final Operators<Tensor> operators = ReferenceModels.operators();

  @AfterEach
  void close() {
    operators.close();
  }

  private static Checkpoint checkpoint(FixtureWeights weights) {
    return new MemoryCheckpoint(
        "memory",
        weights.names().stream().map(name -> MemoryTensor.of(name, weights.get(name))).toList());
  }

  private static DenoiserModel model(FixtureWeights weights) {
    return new StditFamily()
        .model(JsonConfig.of(weights.config(), "config.json"), checkpoint(weights));
  }

  private Denoiser denoiser(FixtureWeights weights) {
    return denoiser(weights, operators);
  }

  private static <V> Denoiser denoiser(FixtureWeights weights, Operators<V> operators) {
    return new ModelDenoiser<>(model(weights), weights.parameters(), operators, () -> {});
  }

  private static DenoiserInput input(Tensor latents, Tensor timesteps, Tensor text, Tensor mask) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(InputNames.LATENTS, latents);
    tensors.put(InputNames.TIMESTEPS, timesteps);
    tensors.put(InputNames.TEXT, text);
    tensors.put(InputNames.MASK, mask);
    return new DenoiserInput(tensors);
  }

  private static DenoiserInput input(FixtureWeights weights) {
    return input(
        weights.input("x"), weights.input("timestep"), text(weights), weights.input("mask"));
  }

  private static Tensor text(FixtureWeights weights) {
    Tensor y = weights.input("y");
    return y.reshape(y.dim(0), y.dim(2), y.dim(3));
  }

  /** An input of one sample with other latents. */
  private static DenoiserInput clip(FixtureWeights weights, int frames, int height, int width) {
    return input(
        random(frames * 1000 + height * 10 + width, 1, 4, frames, height, width),
        ReferenceModels.samples(weights.input("timestep"), 0, 1),
        ReferenceModels.samples(text(weights), 0, 1),
        ReferenceModels.samples(weights.input("mask"), 0, 1));
  }

  private static Tensor random(long seed, int... dims) {
    Random random = new Random(seed);
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  @ParameterizedTest
  @ValueSource(strings = {FUSED, SPLIT})
  void everyMissingTensorIsNamed(String fixture) {
    // The tables are computed for the clip at hand.
    DenoiserModel model = model(FixtureWeights.of(fixture));
    MissingTensors.requireNamed(
        fixture,
        weights -> model.prepare(weights.parameters(), operators),
        List.of("pos_embed", "pos_embed_temporal"));
  }

  @Test
  void everyMisshapenTensorIsNamed() {
    FixtureWeights whole = FixtureWeights.of(FUSED);
    DenoiserModel model = model(whole);
    for (String name : whole.names()) {
      FixtureWeights weights = FixtureWeights.of(FUSED);
      int[] dims = weights.get(name).shape().toArray();
      dims[dims.length - 1]++;
      weights.with(name, Tensor.zeros(dims));
      if (name.startsWith("pos_embed")) {
        model.prepare(weights.parameters(), operators);
        continue;
      }
      assertThatThrownBy(() -> model.prepare(weights.parameters(), operators))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void layerWithNonFiniteWeightsIsNamed() {
    FixtureWeights weights = FixtureWeights.of(FUSED);
    weights.get("blocks.1.attn_temp.qkv.weight").data()[17] = Float.NaN;
    assertThatThrownBy(() -> denoiser(weights))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("blocks.1.attn_temp.qkv");
  }

  /** Tables that are computed anew are no sign of a wrong configuration. */
  @Test
  void nothingOfItsCheckpointsIsLeftOver() {
    for (String fixture : List.of(FUSED, SPLIT)) {
      FixtureWeights weights = FixtureWeights.of(fixture);
      CheckpointParameters parameters = new CheckpointParameters(checkpoint(weights));
      model(weights).prepare(parameters, operators);
      assertThat(parameters.unused()).isEmpty();
    }
  }

  @Test
  void learnedNullTextIsATensorOfItsCheckpoints() {
    FixtureWeights weights = FixtureWeights.of(FUSED);
    DenoiserModel model = model(weights);
    assertThat(weights.get(model.nullText().orElseThrow()).shape().toArray())
        .containsExactly(6, 32);
  }

  @Test
  void fusedAndSplitProjectionsAreTheSameNetwork() {
    FixtureWeights fused = FixtureWeights.of(FUSED);
    assertThat(denoiser(FixtureWeights.of(SPLIT)).predict(input(fused)).data())
        .isEqualTo(denoiser(fused).predict(input(fused)).data());
  }

  @Test
  void samplesOfABatchAreIndependent() {
    FixtureWeights weights = FixtureWeights.of(FUSED);
    Denoiser denoiser = denoiser(weights);
    DenoiserInput both = input(weights);
    Tensor batch = denoiser.predict(both);
    for (int sample = 0; sample < 2; sample++) {
      Map<String, Tensor> alone = new LinkedHashMap<>();
      for (Map.Entry<String, Tensor> tensor : both.tensors().entrySet()) {
        alone.put(tensor.getKey(), ReferenceModels.samples(tensor.getValue(), sample, sample + 1));
      }
      assertThat(denoiser.predict(new DenoiserInput(alone)).data())
          .isEqualTo(ReferenceModels.samples(batch, sample, sample + 1).data());
    }
  }

  @Test
  void maskedTextDoesNotMatter() {
    FixtureWeights weights = FixtureWeights.of(FUSED);
    Tensor text = text(weights);
    Tensor mask = weights.input("mask");
    float[] changed = text.data().clone();
    int masked = 0;
    for (int token = 0; token < mask.size(); token++) {
      for (int c = 0; c < text.dim(2) && mask.data()[token] == 0; c++) {
        changed[token * text.dim(2) + c] += 1 + c;
        masked++;
      }
    }
    assertThat(masked).isPositive();
    Denoiser denoiser = denoiser(weights);
    DenoiserInput other =
        input(
            weights.input("x"), weights.input("timestep"), Tensor.of(text.shape(), changed), mask);
    assertThat(denoiser.predict(other).data()).isEqualTo(denoiser.predict(input(weights)).data());
  }

  /** Single frames and places, odd grids, longer and larger than in training. */
  @ParameterizedTest
  @CsvSource({"1, 4, 4", "1, 2, 2", "5, 2, 2", "2, 6, 10", "7, 10, 2", "3, 4, 14"})
  void clipsOfAllSizesAreTheSameOnBothBackends(int frames, int height, int width) {
    FixtureWeights weights = FixtureWeights.of(DEEP);
    DenoiserInput clip = clip(weights, frames, height, width);
    Tensor expected = denoiser(weights).predict(clip);
    assertThat(expected.shape().toArray()).containsExactly(1, 8, frames, height, width);
    try (Operators<?> other = new NativeBackend().open(BackendSettings.threads(2))) {
      assertThat(denoiser(weights, other).predict(clip).data())
          .usingComparatorWithPrecision(2e-4f)
          .containsExactly(expected.data());
    }
  }

  /** Positions in time are not told to the model by anything else. */
  @Test
  void framesAreToldApartByTheirPositions() {
    FixtureWeights weights = FixtureWeights.of(DEEP);
    Tensor one = random(1, 1, 4, 1, 4, 4);
    Tensor still = operators.broadcast(one, 1, 4, 2, 4, 4);
    DenoiserInput clip = clip(weights, 2, 4, 4);
    Tensor prediction =
        denoiser(weights)
            .predict(
                input(
                    still,
                    clip.timesteps(),
                    clip.find(InputNames.TEXT).orElseThrow(),
                    clip.find(InputNames.MASK).orElseThrow()));
    float[] first = operators.slice(prediction, 2, 0, 1).data();
    float[] second = operators.slice(prediction, 2, 1, 2).data();
    assertThat(first).isNotEqualTo(second);
  }

  @Test
  void patchesMayReachOverFrames() {
    FixtureWeights weights = overTwoFrames();
    Tensor prediction = denoiser(weights).predict(clip(weights, 4, 4, 6));
    assertThat(prediction.shape().toArray()).containsExactly(1, 8, 4, 4, 6);
    assertThat(prediction.isFinite()).isTrue();
    assertThatThrownBy(() -> denoiser(weights).predict(clip(weights, 3, 4, 6)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("3 frames of 4 x 6")
        .hasMessageContaining("2 frames of 2 x 2");
  }

  private static FixtureWeights overTwoFrames() {
    FixtureWeights weights = FixtureWeights.of(FUSED);
    weights.config().putArray("patch_size").add(2).add(2).add(2);
    return weights
        .with("x_embedder.proj.weight", random(1, 48, 4, 2, 2, 2))
        .with("final_layer.linear.weight", random(2, 64, 48))
        .with("final_layer.linear.bias", random(3, 64));
  }

  @Test
  void latentsThatDoNotFitAreRefused() {
    FixtureWeights weights = FixtureWeights.of(FUSED);
    DenoiserInput good = input(weights);
    requireRefused(
        with(good, InputNames.LATENTS, Tensor.zeros(2, 4, 8, 6)),
        ShapeException.class,
        "[2, 4, 8, 6]");
    requireRefused(
        with(good, InputNames.LATENTS, Tensor.zeros(2, 3, 4, 8, 6)), ShapeException.class, "4, T");
    requireRefused(
        with(good, InputNames.LATENTS, Tensor.zeros(2, 4, 4, 7, 6)),
        UsageException.class,
        "4 frames of 7 x 6");
    requireRefused(
        with(good, InputNames.LATENTS, Tensor.zeros(2, 4, 0, 8, 6)), UsageException.class, "0");
  }

  @Test
  void textsThatDoNotFitAreRefused() {
    FixtureWeights weights = FixtureWeights.of(FUSED);
    DenoiserInput good = input(weights);
    requireRefused(
        with(good, InputNames.TEXT, Tensor.zeros(2, 6, 31)), ShapeException.class, "[2, 6, 31]");
    requireRefused(
        with(good, InputNames.TEXT, Tensor.zeros(2, 32)), ShapeException.class, "[2, 32]");
    requireRefused(
        with(good, InputNames.MASK, Tensor.full(1, 2, 5)), ShapeException.class, "[2, 5]");
    Tensor hidden = Tensor.full(1, 2, 6);
    for (int token = 6; token < 12; token++) {
      hidden.data()[token] = 0;
    }
    requireRefused(with(good, InputNames.MASK, hidden), ShapeException.class, "sample 1");
    Map<String, Tensor> withoutText = new LinkedHashMap<>(good.tensors());
    withoutText.remove(InputNames.TEXT);
    requireRefused(new DenoiserInput(withoutText), UsageException.class, "text");
  }

  private static DenoiserInput with(DenoiserInput input, String name, Tensor tensor) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(input.tensors());
    tensors.put(name, tensor);
    return new DenoiserInput(tensors);
  }

  private void requireRefused(
      DenoiserInput input, Class<? extends ViditqException> type, String words) {
    assertThatThrownBy(() -> denoiser(FixtureWeights.of(FUSED)).predict(input))
        .isInstanceOf(type)
        .hasMessageContaining(words)
        .hasMessageEndingWith(".");
  }
}
