package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.CheckpointConverter;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.DiffusersForm;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.model.hunyuan.HunyuanConfig;
import org.viditq.core.model.hunyuan.HunyuanFamily;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** What the golden cases of HunyuanDiT cannot show: errors, and relations between runs. */
class HunyuanTransformerTest {
  private static final String V11 = "model.hunyuan_dit__v11_4layers";
  private static final String V12 = "model.hunyuan_dit__v12_6layers";

  private static final Map<String, String> INPUTS =
      Map.of(
          InputNames.LATENTS, "hidden_states",
          InputNames.TIMESTEPS, "timestep",
          InputNames.TEXT, "encoder_hidden_states",
          InputNames.MASK, "text_embedding_mask",
          InputNames.TEXT_2, "encoder_hidden_states_t5",
          InputNames.MASK_2, "text_embedding_mask_t5",
          InputNames.IMAGE_SIZES, "image_meta_size",
          InputNames.STYLE, "style");

  private final Operators<Tensor> operators = ReferenceModels.operators();

  @AfterEach
  void close() {
    operators.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {V11, V12})
  void everyMissingTensorIsNamed(String fixture) {
    MissingTensors.requireNamed(fixture, this::prepare, List.of());
  }

  @Test
  void everyMissingTensorOfTheOriginalLayoutIsNamed() {
    for (String name : toOriginalLayout(FixtureWeights.of(V11)).names()) {
      FixtureWeights weights = toOriginalLayout(FixtureWeights.of(V11)).without(name);
      if (new HunyuanFamily().recognizes(weights.checkpoint())
          && !name.equals("style_embedder.weight")) { // without it, it is of version 1.2
        assertThatThrownBy(() -> prepare(weights, empty()))
            .isInstanceOf(InvalidCheckpointException.class)
            .hasMessageContaining(name);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {V11, V12})
  void everyMisshapenTensorIsNamed(String fixture) {
    for (String name : FixtureWeights.of(fixture).names()) {
      if (name.equals("time_extra_emb.style_embedder.weight")) {
        continue; // another style is no mistake
      }
      FixtureWeights weights = FixtureWeights.of(fixture);
      int[] dims = weights.get(name).shape().toArray();
      dims[0]++;
      weights.with(name, Tensor.zeros(dims));
      assertThatThrownBy(() -> prepare(weights))
          .isInstanceOfAny(InvalidCheckpointException.class, InvalidModelException.class)
          .hasMessageContaining(name);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void layerWithNonFiniteWeightsIsNamed(float value) {
    String name = "blocks.3.skip_linear";
    FixtureWeights weights = FixtureWeights.of(V11);
    float[] data = weights.get(name + ".weight").data().clone();
    data[data.length - 1] = value;
    weights.with(name + ".weight", Tensor.of(weights.get(name + ".weight").shape(), data));
    assertThatThrownBy(() -> prepare(weights))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {V11, V12})
  void listedLayersOfTheOriginalLayoutAreThoseThatTheModelAsksFor(String fixture) {
    FixtureWeights weights = toOriginalLayout(FixtureWeights.of(fixture));
    RequestedLayers requested = new RequestedLayers(weights.parameters());
    DenoiserModel model = model(weights, json(weights));
    model.prepare(requested, operators);
    assertThat(model.linearLayers())
        .extracting(layer -> layer.name() + " " + layer.inFeatures() + " " + layer.outFeatures())
        .containsExactlyElementsOf(requested.linears());
  }

  /** Plans may name the authors' layers, wherever the checkpoint comes from. */
  @Test
  void layersAreKnownByTheirAuthorsNames() {
    FixtureWeights weights = FixtureWeights.of(V11);
    FixtureWeights original = toOriginalLayout(FixtureWeights.of(V11));
    List<LinearLayer> layers = model(weights, json(weights)).linearLayers();
    assertThat(
            layers.stream()
                .map(
                    layer ->
                        layer.publishedNames().isEmpty()
                            ? layer.name()
                            : layer.publishedNames().get(0))
                .distinct())
        .containsExactlyElementsOf(
            model(original, json(original)).linearLayers().stream()
                .map(LinearLayer::name)
                .toList());
    assertThat(layers)
        .allSatisfy(
            layer ->
                assertThat(layer.quantizedByDefault())
                    .isEqualTo(layer.name().startsWith("blocks.")));
  }

  @ParameterizedTest
  @ValueSource(strings = {V11, V12})
  void bothLayoutsAreTheSameNetwork(String fixture) {
    FixtureWeights diffusers = FixtureWeights.of(fixture);
    FixtureWeights original = toOriginalLayout(FixtureWeights.of(fixture));
    assertThat(evaluate(original, UnaryOperator.identity()).data())
        .isEqualTo(evaluate(diffusers, UnaryOperator.identity()).data());
  }

  @ParameterizedTest
  @ValueSource(strings = {V11, V12})
  void bareCheckpointsSayWhatTheyAre(String fixture) {
    FixtureWeights weights = FixtureWeights.of(fixture);
    HunyuanConfig written = HunyuanConfig.of(json(weights), weights.checkpoint());
    HunyuanConfig read = HunyuanConfig.of(empty(), weights.checkpoint());
    // Neither the training size nor the square of rotary positions shows in weights.
    assertThat(read.sampleSize()).isEqualTo(128);
    assertThat(read.rotaryBase()).isEqualTo(32);
    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("sampleSize", "rotaryBase")
        .isEqualTo(written);
    FixtureWeights original = toOriginalLayout(FixtureWeights.of(fixture));
    assertThat(HunyuanConfig.of(empty(), original.checkpoint()))
        .usingRecursiveComparison()
        .ignoringFields("layout")
        .isEqualTo(read);
  }

  @ParameterizedTest
  @ValueSource(strings = {V11, V12})
  void checkpointsOfTheAuthorsBecomeThoseOfDiffusers(String fixture, @TempDir Path folder) {
    FixtureWeights expected = FixtureWeights.of(fixture);
    Checkpoint original = toOriginalLayout(FixtureWeights.of(fixture)).checkpoint();
    DiffusersForm form = new HunyuanFamily().diffusersForm(empty(), original);
    CheckpointConverter.write(original, folder, form.names(), CheckpointConverter.Options.DEFAULT);
    try (Checkpoint converted = Checkpoints.open(folder)) {
      assertThat(converted.names()).containsExactlyInAnyOrderElementsOf(expected.names());
      for (String name : expected.names()) {
        Tensor tensor = converted.get(name).toTensor();
        assertThat(tensor.shape()).as(name).isEqualTo(expected.get(name).shape());
        assertThat(tensor.data()).as(name).isEqualTo(expected.get(name).data());
      }
      assertThat(HunyuanConfig.of(JsonConfig.of(form.config(), "converted"), converted))
          .isEqualTo(HunyuanConfig.of(empty(), converted));
      JsonConfig diffusers = JsonConfig.of(form.config(), "converted");
      assertThat(new HunyuanFamily().diffusersForm(diffusers, converted).config())
          .isEqualTo(form.config());
    }
  }

  @Test
  void checkpointsAreRecognized() {
    FixtureWeights weights = FixtureWeights.of(V12);
    assertThat(DenoiserFamilies.model(empty(), weights.checkpoint()).family())
        .isEqualTo("HunyuanDiT");
    assertThat(DenoiserFamilies.model(empty(), toOriginalLayout(weights).checkpoint()).family())
        .isEqualTo("HunyuanDiT");
    FixtureWeights pixArt = FixtureWeights.of("model.pixart_alpha__plain");
    assertThat(new HunyuanFamily().recognizes(pixArt.checkpoint())).isFalse();
    FixtureWeights controlNet =
        FixtureWeights.of(V12).without("norm_out.linear.weight").without("proj_out.weight");
    assertThat(new HunyuanFamily().recognizes(controlNet.checkpoint())).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {V11, V12})
  void samplesOfABatchAreIndependent(String fixture) {
    FixtureWeights weights = FixtureWeights.of(fixture);
    Tensor both = evaluate(weights, UnaryOperator.identity());
    for (int i = 0; i < 2; i++) {
      int sample = i;
      Tensor alone =
          evaluate(
              weights,
              inputs -> {
                inputs.replaceAll((name, all) -> ReferenceModels.samples(all, sample, sample + 1));
                return inputs;
              });
      assertThat(alone.data()).isEqualTo(ReferenceModels.samples(both, sample, sample + 1).data());
    }
  }

  @Test
  void paddingStandsInThePlaceOfMaskedTokens() {
    FixtureWeights weights = FixtureWeights.of(V12);
    Tensor expected = evaluate(weights, UnaryOperator.identity());
    Tensor mask = weights.input("text_embedding_mask");
    assertThat(mask.data()).contains(0);
    assertThat(evaluate(weights, with(InputNames.TEXT, text -> changedWhere(text, mask, 0))).data())
        .isEqualTo(expected.data());
    assertThat(evaluate(weights, with(InputNames.TEXT, text -> changedWhere(text, mask, 1))).data())
        .isNotEqualTo(expected.data());

    // Blocks do attend to it.
    Tensor padding = weights.get("text_embedding_padding");
    Tensor changed = changedWhere(padding, Tensor.full(0, padding.dim(0)), 0);
    assertThat(
            evaluate(
                    FixtureWeights.of(V12).with("text_embedding_padding", changed),
                    UnaryOperator.identity())
                .data())
        .isNotEqualTo(expected.data());
  }

  @Test
  void pooledTextHasItsPaddingInIt() {
    FixtureWeights weights = FixtureWeights.of(V12);
    Tensor mask = weights.input("text_embedding_mask_t5");
    assertThat(mask.data()).contains(0);
    assertThat(
            evaluate(weights, with(InputNames.TEXT_2, text -> changedWhere(text, mask, 0))).data())
        .isNotEqualTo(evaluate(weights, UnaryOperator.identity()).data());
  }

  @ParameterizedTest
  @CsvSource({"2, 2", "6, 10", "2, 14", "16, 4"})
  void anySizeThatThePatchDividesIsTaken(int height, int width) {
    Tensor output =
        evaluate(
            FixtureWeights.of(V11),
            with(InputNames.LATENTS, latents -> Tensor.full(0.5f, 2, 4, height, width)));
    assertThat(output.shape()).isEqualTo(Shape.of(2, 8, height, width));
    assertThat(output.isFinite()).isTrue();
  }

  @Test
  void latentsMustBeMultiplesOfThePatch() {
    assertRefused(
        V11,
        with(InputNames.LATENTS, latents -> Tensor.zeros(2, 4, 8, 7)),
        UsageException.class,
        "8 x 7",
        "2 x 2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        InputNames.LATENTS,
        InputNames.TIMESTEPS,
        InputNames.TEXT,
        InputNames.MASK,
        InputNames.TEXT_2,
        InputNames.MASK_2,
        InputNames.IMAGE_SIZES,
        InputNames.STYLE
      })
  void missingAndMisshapenInputsAreNamed(String name) {
    assertRefused(
        V11,
        inputs -> {
          inputs.remove(name);
          return inputs;
        },
        UsageException.class,
        name);
    assertRefused(
        V11,
        with(
            name,
            tensor -> {
              int[] dims = tensor.shape().toArray();
              dims[Math.min(1, dims.length - 1)]++;
              return Tensor.zeros(dims);
            }),
        ShapeException.class,
        name);
  }

  @ParameterizedTest
  @CsvSource({"1, index 1", "-1, index -1", "0.5, 0.5"})
  void stylesThatThereAreNotAreRefused(float style, String message) {
    assertRefused(
        V11, with(InputNames.STYLE, all -> Tensor.full(style, 2)), ShapeException.class, message);
  }

  private void assertRefused(
      String fixture,
      UnaryOperator<Map<String, Tensor>> change,
      Class<? extends ViditqException> type,
      String... parts) {
    assertThatThrownBy(() -> evaluate(FixtureWeights.of(fixture), change))
        .isInstanceOf(type)
        .hasMessageContainingAll(parts);
  }

  private static UnaryOperator<Map<String, Tensor>> with(
      String name, UnaryOperator<Tensor> change) {
    return inputs -> {
      inputs.compute(name, (same, tensor) -> change.apply(tensor));
      return inputs;
    };
  }

  /** With other values in the rows of {@code text} for which the mask has the given value. */
  private static Tensor changedWhere(Tensor text, Tensor mask, float value) {
    float[] changed = text.data().clone();
    int channels = text.size() / mask.size();
    for (int i = 0; i < changed.length; i++) {
      if (mask.data()[i / channels] == value) {
        changed[i] += 1 + i % channels;
      }
    }
    assertThat(changed).isNotEqualTo(text.data());
    return Tensor.of(text.shape(), changed);
  }

  private Tensor evaluate(FixtureWeights weights, UnaryOperator<Map<String, Tensor>> change) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    INPUTS.forEach(
        (name, key) -> {
          if (weights.input(key) != null) {
            inputs.put(name, weights.input(key));
          }
        });
    Map<String, Tensor> given = change.apply(inputs);
    return prepare(weights).evaluate(name -> Optional.ofNullable(given.get(name)));
  }

  private PreparedDenoiser<Tensor> prepare(FixtureWeights weights) {
    return prepare(weights, json(weights));
  }

  private PreparedDenoiser<Tensor> prepare(FixtureWeights weights, JsonConfig config) {
    return model(weights, config).prepare(weights.parameters(), operators);
  }

  private static DenoiserModel model(FixtureWeights weights, JsonConfig config) {
    return new HunyuanFamily().model(config, weights.checkpoint());
  }

  private static JsonConfig json(FixtureWeights weights) {
    return JsonConfig.of(weights.config(), "the test's configuration");
  }

  private static JsonConfig empty() {
    return JsonConfig.of(JsonNodeFactory.instance.objectNode(), "nothing");
  }

  /** The weights under the authors' names: what the published converter does, undone. */
  private static FixtureWeights toOriginalLayout(FixtureWeights weights) {
    for (int block = 0; weights.get("blocks." + block + ".norm2.weight") != null; block++) {
      for (String kind : List.of(".weight", ".bias")) {
        String prefix = "blocks." + block + ".";
        fuse(weights, kind, prefix + "attn1.Wqkv", prefix + "attn1.to_", "q", "k", "v");
        fuse(weights, kind, prefix + "attn2.kv_proj", prefix + "attn2.to_", "k", "v");
        Tensor norm2 = weights.get(prefix + "norm2" + kind);
        weights.with(prefix + "norm2" + kind, weights.get(prefix + "norm3" + kind));
        weights.with(prefix + "norm3" + kind, norm2);
      }
    }
    for (String kind : List.of(".weight", ".bias")) {
      String name = "norm_out.linear" + kind;
      Tensor scaleShift = weights.get(name);
      int half = scaleShift.dim(0) / 2;
      weights
          .without(name)
          .with(
              "final_layer.adaLN_modulation.1" + kind,
              stack(
                  ReferenceModels.samples(scaleShift, half, 2 * half),
                  ReferenceModels.samples(scaleShift, 0, half)));
    }
    for (String name : new ArrayList<>(weights.names())) {
      String authors = toOriginalName(name);
      if (!authors.equals(name)) {
        weights.renamed(name, authors);
      }
    }
    weights.config().put("depth", weights.config().get("num_layers").intValue());
    weights.config().put("num_heads", weights.config().get("num_attention_heads").intValue());
    return weights;
  }

  private static void fuse(
      FixtureWeights weights, String kind, String to, String from, String... parts) {
    Tensor[] tensors =
        Arrays.stream(parts).map(part -> weights.get(from + part + kind)).toArray(Tensor[]::new);
    for (String part : parts) {
      weights.without(from + part + kind);
    }
    weights.with(to + kind, stack(tensors));
  }

  private static Tensor stack(Tensor... parts) {
    int[] dims = parts[0].shape().toArray();
    dims[0] = 0;
    float[] data = new float[0];
    for (Tensor part : parts) {
      dims[0] += part.dim(0);
      int start = data.length;
      data = Arrays.copyOf(data, start + part.size());
      System.arraycopy(part.data(), 0, data, start, part.size());
    }
    return Tensor.of(data, dims);
  }

  private static String toOriginalName(String name) {
    return name.replace(".norm1.norm.", ".norm1.")
        .replace(".norm1.linear.", ".default_modulation.1.")
        .replace(".norm_q.", ".q_norm.")
        .replace(".norm_k.", ".k_norm.")
        .replace(".attn2.to_q.", ".attn2.q_proj.")
        .replace(".to_out.0.", ".out_proj.")
        .replace(".ff.net.0.proj.", ".mlp.fc1.")
        .replace(".ff.net.2.", ".mlp.fc2.")
        .replaceFirst("^pos_embed\\.", "x_embedder.")
        .replaceFirst("^time_extra_emb\\.timestep_embedder\\.linear_1\\.", "t_embedder.mlp.0.")
        .replaceFirst("^time_extra_emb\\.timestep_embedder\\.linear_2\\.", "t_embedder.mlp.2.")
        .replaceFirst("^time_extra_emb\\.extra_embedder\\.linear_1\\.", "extra_embedder.0.")
        .replaceFirst("^time_extra_emb\\.extra_embedder\\.linear_2\\.", "extra_embedder.2.")
        .replaceFirst("^time_extra_emb\\.", "")
        .replaceFirst("^text_embedder\\.linear_1\\.", "mlp_t5.0.")
        .replaceFirst("^text_embedder\\.linear_2\\.", "mlp_t5.2.")
        .replaceFirst("^proj_out\\.", "final_layer.linear.");
  }
}
