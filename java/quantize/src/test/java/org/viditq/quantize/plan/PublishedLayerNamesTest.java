package org.viditq.quantize.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.model.pixart.PixArtModel;

/** Plans that name layers as the published code does, on a model that names them as diffusers. */
class PublishedLayerNamesTest {
  private static final PixArtModel MODEL =
      new PixArtModel(
          PixArtConfig.fromJson(
              JsonNodeFactory.instance
                  .objectNode()
                  .put("num_layers", 2)
                  .put("caption_channels", 64)
                  .put("sample_size", 64)));

  private final List<String> warnings = new ArrayList<>();

  private Map<String, LayerPlan> resolve(String yaml) {
    return resolve(yaml, MODEL);
  }

  private Map<String, LayerPlan> resolve(String yaml, DenoiserModel model) {
    QuantizationPlan plan =
        new PlanReader(warnings::add).parse(yaml.getBytes(StandardCharsets.UTF_8), "test", "test");
    return new PlanResolver(plan).resolve(model, warnings::add);
  }

  @Test
  void theReleasedListKeepsAllButTheBlocksInFullPrecision() {
    Map<String, LayerPlan> resolved =
        resolve(
            "weight: {bits: 8}\n"
                + "full_precision: [x_embedder, t_block, t_embedder, y_embedder, final_layer]\n");
    assertThat(resolved.keySet())
        .hasSize(2 * 10)
        .allMatch(layer -> layer.startsWith("transformer_blocks."));
    assertThat(warnings).isEmpty();
  }

  @Test
  void balancesTheProjectionsThatAPublishedNameMeans() {
    Map<String, LayerPlan> resolved =
        resolve(
            "weight: {bits: 8}\n"
                + "balance: {alpha: 0.5, layers: [attn.qkv, cross_attn.kv_linear, mlp.fc2]}\n");
    List<String> balanced =
        resolved.values().stream()
            .filter(plan -> plan.parts().get(0).balance().isPresent())
            .map(LayerPlan::layer)
            .filter(layer -> layer.startsWith("transformer_blocks.1."))
            .map(layer -> layer.substring("transformer_blocks.1.".length()))
            .toList();
    assertThat(balanced)
        .containsExactly(
            "attn1.to_q", "attn1.to_k", "attn1.to_v", "attn2.to_k", "attn2.to_v", "ff.net.2");
  }

  @Test
  void aNameOfTheModelItselfComesFirst() {
    // "attn.proj" is what the published code calls attn1.to_out.0; "proj" is in the model's names.
    assertThat(resolve("weight: {bits: 8}\nquantize: [proj]\n").keySet())
        .containsExactly(
            "caption_projection.linear_1",
            "caption_projection.linear_2",
            "transformer_blocks.0.ff.net.0.proj",
            "transformer_blocks.1.ff.net.0.proj",
            "proj_out");
  }

  @Test
  void mixedPrecisionMapsMayUsePublishedNames() {
    Map<String, LayerPlan> resolved =
        resolve(
            """
            weight: {bits: 4}
            mixed_precision:
              weight:
                1-0: {model.blocks.1.attn.qkv: 8, blocks.0.mlp.fc1: 6, transformer_blocks.0.ff.net.2: 8}
            """);
    assertThat(bits(resolved, "transformer_blocks.1.attn1.to_k")).isEqualTo(8);
    assertThat(bits(resolved, "transformer_blocks.0.attn1.to_k")).isEqualTo(4);
    assertThat(bits(resolved, "transformer_blocks.0.ff.net.0.proj")).isEqualTo(6);
    assertThat(bits(resolved, "transformer_blocks.0.ff.net.2")).isEqualTo(8);
  }

  /** Open-Sora's checkpoints hold q, k and v as one layer, which the published code splits. */
  @Test
  void aLayerOfSeveralPublishedOnesHasTheirCommonWidth() {
    DenoiserModel fused =
        DenoiserFamilies.model(
            JsonConfig.of(
                JsonNodeFactory.instance.objectNode().put("_class_name", "STDiT").put("depth", 1),
                "config.json"),
            new MemoryCheckpoint("nothing", List.of()));
    String map =
        "weight: {bits: 4}\nmixed_precision:\n  candidates: [4, 8]\n  weight:\n    19-0:"
            + " {model.blocks.0.attn.q: 8, model.blocks.0.attn.k: 8, model.blocks.0.attn.v: %d}\n";
    assertThat(
            resolve(map.formatted(8), fused)
                .get("blocks.0.attn.qkv")
                .parts()
                .get(0)
                .weight()
                .bits())
        .isEqualTo(8);
    assertThatThrownBy(() -> resolve(map.formatted(4), fused))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("blocks.0.attn.qkv")
        .hasMessageContaining("blocks.0.attn.v=4");
  }

  @Test
  void aMapWithANameThatNeitherKnowsIsRejected() {
    assertThatThrownBy(
            () ->
                resolve("weight: {bits: 4}\nmixed_precision: {weight: {0: {blocks.7.mlp.fc1: 8}}}"))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("blocks.7.mlp.fc1, which this model lacks");
  }

  private static int bits(Map<String, LayerPlan> resolved, String layer) {
    return resolved.get(layer).parts().get(0).weight().bits();
  }
}
