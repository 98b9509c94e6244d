package org.viditq.core.model.hunyuan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.fuzz.Fuzz;
import org.viditq.core.fuzz.JsonMutations;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.tensor.Tensor;

class HunyuanConfigTest {
  private static final Checkpoint NO_WEIGHTS = new MemoryCheckpoint("nothing", List.of());

  @Test
  void publishedConfigurationIsThatOfVersion12() {
    HunyuanModel model = new HunyuanModel(read(published()));
    HunyuanConfig config = model.config();
    assertThat(config.channels()).isEqualTo(1408);
    assertThat(config.mlpHidden()).isEqualTo(6144);
    assertThat(config.rotaryBase()).isEqualTo(32);
    assertThat(config.sizeConditions()).isFalse();
    assertThat(model.latents().height()).isEqualTo(128);
    assertThat(model.latents().learnedVariance()).isTrue();
    assertThat(model.conditioning("HunyuanDiTPipeline"))
        .isEqualTo(new Conditioning.TwoTexts(1024, 77, 2048, 256));
    assertThat(model.sizeInputs(2, 1024, 768)).isEmpty();
    assertThat(model.linearLayers()).hasSize(10 + 40 * 11 + 19 + 2);
    assertThat(model.linearLayers()).filteredOn(layer -> !layer.quantizedByDefault()).hasSize(12);
  }

  @Test
  void versionsUpTo11AreConditionedOnSizesAndStyle() {
    HunyuanModel model =
        new HunyuanModel(read(published().put("use_style_cond_and_image_meta_size", true)));
    assertThat(model.inputs())
        .extracting(InputSpec::name)
        .endsWith(InputNames.IMAGE_SIZES, InputNames.STYLE);
    Map<String, Tensor> sizes = model.sizeInputs(2, 1280, 768);
    assertThat(sizes.get(InputNames.IMAGE_SIZES).data())
        .containsExactly(1024, 1024, 1280, 768, 0, 0, 1024, 1024, 1280, 768, 0, 0);
    assertThat(sizes.get(InputNames.STYLE).data()).containsExactly(0, 0);
  }

  @Test
  void diffusersDefaultsHold() {
    HunyuanConfig config = read(empty().put("_class_name", "HunyuanDiT2DModel"));
    assertThat(config.channels()).isEqualTo(1408);
    assertThat(config.layers()).isEqualTo(28);
    assertThat(config.sampleSize()).isEqualTo(32);
    assertThat(config.mlpHidden()).isEqualTo(4 * 1408);
    assertThat(config.sizeConditions()).isTrue();
    assertThat(config.outChannels()).isEqualTo(8);
  }

  @Test
  void nullCountsAsAbsent() {
    ObjectNode json = published();
    json.putNull("mlp_ratio").putNull("num_layers");
    assertThat(read(json).mlpHidden()).isEqualTo(4 * 1408);
    assertThat(read(json).layers()).isEqualTo(28);
  }

  @ParameterizedTest
  @CsvSource({
    "norm_type, \"rms_norm\"",
    "activation_fn, \"geglu\"",
    "hidden_size, 1152",
    "num_layers, 41",
    "num_layers, 1",
    "num_layers, 0",
    "num_layers, 2000000000",
    "num_attention_heads, \"16\"",
    "num_attention_heads, 2000000000",
    "attention_head_dim, 2000000000",
    "attention_head_dim, 90",
    "in_channels, 2000000000",
    "patch_size, 0",
    "patch_size, 65",
    "sample_size, 129",
    "sample_size, 2000000000",
    "mlp_ratio, 0",
    "mlp_ratio, 1.0E-9",
    "mlp_ratio, 1.0E300",
    "learn_sigma, 1",
    "cross_attention_dim, 2000000000",
    "cross_attention_dim_t5, 2044",
    "cross_attention_dim_t5, 2000000000",
    "pooled_projection_dim, -1",
    "text_len, 2147483647",
    "text_len_t5, 2147483647",
    "use_style_cond_and_image_meta_size, \"yes\""
  })
  void wrongOrContradictoryValuesNameTheirKey(String key, String value) throws Exception {
    ObjectNode json = published();
    json.set(key, new ObjectMapper().readTree(value));
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(value);
  }

  @ParameterizedTest
  @CsvSource({
    "num_layers, 6, blocks",
    "attention_head_dim, 4, blocks.0.attn1.norm_q.weight",
    "num_attention_heads, 2, pos_embed.proj.weight",
    "in_channels, 3, pos_embed.proj.weight",
    "patch_size, 4, pos_embed.proj.weight",
    "mlp_ratio, 2, blocks.0.ff.net.0.proj.weight",
    "learn_sigma, false, proj_out.weight",
    "cross_attention_dim, 12, text_embedding_padding",
    "text_len, 4, text_embedding_padding",
    "cross_attention_dim_t5, 24, text_embedder.linear_1.weight",
    "text_len_t5, 7, time_extra_emb.pooler.positional_embedding",
    "pooled_projection_dim, 17, time_extra_emb.pooler.c_proj.weight",
    "use_style_cond_and_image_meta_size, false, time_extra_emb.style_embedder.weight"
  })
  void valuesThatContradictTheWeightsNameBoth(String key, String value, String tensor)
      throws Exception {
    assertThat(HunyuanConfig.of(JsonConfig.of(empty(), "nothing"), tiny()).layers()).isEqualTo(4);
    ObjectNode json = empty();
    json.set(key, new ObjectMapper().readTree(value));
    assertThatThrownBy(() -> HunyuanConfig.of(JsonConfig.of(json, "test"), tiny()))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContainingAll(key, value, tensor);
  }

  @ParameterizedTest
  @ValueSource(strings = {"HunyuanDiT2DModel", "HunYuanDiT"})
  void familyIsFoundByItsClass(String name) {
    assertThat(new HunyuanFamily().accepts(json(empty().put("_class_name", name)))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"HunyuanDiT2DControlNetModel", "PixArtTransformer2DModel", ""})
  void otherClassesAreOfOtherFamilies(String name) {
    assertThat(new HunyuanFamily().accepts(json(empty().put("_class_name", name)))).isFalse();
  }

  @Test
  void anyConfigurationIsUnderstoodOrRefusedInOneSentence(@TempDir Path folder) {
    String json = published().put("rope_base_size", 32).toPrettyString();
    Iterator<String> eachWrongValue = JsonMutations.withEachOtherValue(json).iterator();
    Path file = folder.resolve("config.json");
    Fuzz.run(
        1,
        500,
        random -> {
          Files.writeString(
              file,
              eachWrongValue.hasNext()
                  ? eachWrongValue.next()
                  : JsonMutations.withOtherValues(json, random));
          JsonConfig config = JsonConfig.read(file);
          HunyuanModel model =
              new HunyuanModel(
                  HunyuanConfig.of(config, random.nextBoolean() ? NO_WEIGHTS : tiny()));
          model.linearLayers();
          model.inputs();
        });
  }

  /** The tensors that a configuration is read from. */
  private static Checkpoint tiny() {
    List<MemoryTensor> tensors = new ArrayList<>();
    Map.ofEntries(
            Map.entry("pos_embed.proj.weight", new int[] {32, 4, 2, 2}),
            Map.entry("blocks.0.attn1.norm_q.weight", new int[] {8}),
            Map.entry("blocks.0.ff.net.0.proj.weight", new int[] {139, 32}),
            Map.entry("blocks.3.norm2.weight", new int[] {32}),
            Map.entry("text_embedding_padding", new int[] {11, 24}),
            Map.entry("text_embedder.linear_1.weight", new int[] {64, 16}),
            Map.entry("time_extra_emb.extra_embedder.linear_1.weight", new int[] {128, 1584}),
            Map.entry("time_extra_emb.pooler.positional_embedding", new int[] {7, 16}),
            Map.entry("time_extra_emb.pooler.c_proj.weight", new int[] {16, 16}),
            Map.entry("time_extra_emb.style_embedder.weight", new int[] {1, 32}),
            Map.entry("norm_out.linear.weight", new int[] {64, 32}),
            Map.entry("proj_out.weight", new int[] {32, 32}))
        .forEach((name, dims) -> tensors.add(MemoryTensor.of(name, Tensor.zeros(dims))));
    return new MemoryCheckpoint("memory", tensors);
  }

  private static HunyuanConfig read(ObjectNode json) {
    return HunyuanConfig.of(json(json), NO_WEIGHTS);
  }

  private static JsonConfig json(ObjectNode json) {
    return JsonConfig.of(json, "test");
  }

  private static ObjectNode empty() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** The configuration of HunyuanDiT 1.2. */
  private static ObjectNode published() {
    return empty()
        .put("_class_name", "HunyuanDiT2DModel")
        .put("activation_fn", "gelu-approximate")
        .put("attention_head_dim", 88)
        .put("cross_attention_dim", 1024)
        .put("cross_attention_dim_t5", 2048)
        .put("hidden_size", 1408)
        .put("in_channels", 4)
        .put("learn_sigma", true)
        .put("mlp_ratio", 4.3637)
        .put("norm_type", "layer_norm")
        .put("num_attention_heads", 16)
        .put("num_layers", 40)
        .put("patch_size", 2)
        .put("pooled_projection_dim", 1024)
        .put("sample_size", 128)
        .put("text_len", 77)
        .put("text_len_t5", 256)
        .put("use_style_cond_and_image_meta_size", false);
  }
}
