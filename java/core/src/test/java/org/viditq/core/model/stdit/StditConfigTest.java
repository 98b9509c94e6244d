package org.viditq.core.model.stdit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.fuzz.Fuzz;
import org.viditq.core.fuzz.JsonMutations;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LatentGeometry.Patch;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.ModelDescription;
import org.viditq.core.model.ShapesOnly;

class StditConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Some tensors of a published checkpoint: 16 frames, squares of so many latents. Extents that say
   * nothing are 1.
   */
  private static Map<String, int[]> published(int side) {
    Map<String, int[]> tensors = new LinkedHashMap<>();
    tensors.put("pos_embed", new int[] {1, side * side / 4, 1});
    tensors.put("pos_embed_temporal", new int[] {1, 16, 1});
    tensors.put("x_embedder.proj.weight", new int[] {1152, 4, 1, 2, 2});
    tensors.put("t_block.1.weight", new int[] {6912, 1});
    tensors.put("y_embedder.y_embedding", new int[] {120, 4096});
    for (int i = 0; i < 28; i++) {
      tensors.put("blocks." + i + ".scale_shift_table", new int[] {6, 1});
      tensors.put("blocks." + i + ".attn.qkv.bias", new int[] {1});
      tensors.put("blocks." + i + ".attn_temp.proj.bias", new int[] {1});
      tensors.put("blocks." + i + ".cross_attn.proj.bias", new int[] {1});
      tensors.put("blocks." + i + ".mlp.fc1.weight", new int[] {4608, 1});
    }
    tensors.put("final_layer.linear.weight", new int[] {32, 1});
    return tensors;
  }

  private static Checkpoint checkpoint(Map<String, int[]> tensors) {
    ShapesOnly shapes = new ShapesOnly();
    tensors.forEach(shapes::with);
    return shapes.checkpoint();
  }

  private static final Checkpoint NOTHING = new MemoryCheckpoint("nothing", List.of());

  private static JsonConfig json(String text) {
    try {
      return JsonConfig.of(JSON.readTree(text), "config.json");
    } catch (JsonProcessingException malformed) {
      throw new IllegalArgumentException(malformed);
    }
  }

  private static StditConfig config(String json) {
    return StditConfig.of(new ModelDescription(json(json), NOTHING));
  }

  private static StditConfig config(String json, Map<String, int[]> tensors) {
    return StditConfig.of(new ModelDescription(json(json), checkpoint(tensors)));
  }

  /** Open-Sora's own configurations: space scale 0.5 at 256 px, 1 at 512 px. */
  @ParameterizedTest
  @CsvSource({"32, 0.5", "64, 1"})
  void bareCheckpointsAreDescribedByTheirShapes(int side, double spaceScale) {
    assertThat(config("{}", published(side)))
        .isEqualTo(
            new StditConfig(
                4,
                8,
                new Patch(1, 2, 2),
                1152,
                28,
                16,
                4608,
                4096,
                120,
                16,
                side,
                side,
                spaceScale,
                1,
                true));
  }

  @Test
  void withoutPositionTablesOpenSorasLargestSizeIsTaken() {
    Map<String, int[]> tensors = published(32);
    tensors.keySet().removeIf(name -> name.startsWith("pos_embed"));
    StditConfig config = config("{}", tensors);
    assertThat(List.of(config.frames(), config.height(), config.width()))
        .containsExactly(16, 64, 64);
    assertThat(config.spaceScale()).isEqualTo(1);
  }

  /** The number of heads shows in no shape. */
  @Test
  void bareCheckpointsOfAnotherWidthNeedTheirNumberOfHeads() {
    Map<String, int[]> tensors = published(32);
    tensors.put("x_embedder.proj.weight", new int[] {192, 4, 1, 2, 2});
    assertThatThrownBy(() -> config("{}", tensors))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("num_heads");
    assertThat(config("{\"num_heads\": 6}", tensors).channels()).isEqualTo(192);
  }

  @Test
  void configurationsSayWhatTheConstructorsArgumentsSay() {
    StditConfig config =
        config(
            """
            {"_class_name": "STDiT", "input_size": [8, 16, 24], "in_channels": 3,
             "patch_size": [2, 4, 2], "hidden_size": 192, "depth": 8, "num_heads": 6,
             "mlp_ratio": 2.5, "class_dropout_prob": 0.1, "pred_sigma": false, "drop_path": 0.0,
             "no_temporal_pos_emb": false, "caption_channels": 128, "model_max_length": 77,
             "space_scale": 0.5, "time_scale": 2, "separate_qkv": true, "freeze": null}
            """);
    assertThat(config)
        .isEqualTo(
            new StditConfig(
                3, 3, new Patch(2, 4, 2), 192, 8, 6, 480, 128, 77, 8, 16, 24, 0.5, 2, false));
    assertThat(new StditModel(config).latents().learnedVariance()).isFalse();
  }

  @Test
  void absentKeysHaveTheConstructorsDefaults() {
    StditConfig config = config("{\"_class_name\": \"STDiT-XL/2\"}");
    assertThat(config.channels()).isEqualTo(1152);
    assertThat(config.layers()).isEqualTo(28);
    assertThat(config.heads()).isEqualTo(16);
    assertThat(config.outChannels()).isEqualTo(8);
    assertThat(config.spaceScale()).isEqualTo(1);
    assertThat(config.fusedQkv()).isTrue();
  }

  /** The layers' names are a fact, what a configuration says of them is not. */
  @Test
  void storedProjectionsDecideWhetherTheyAreFused() {
    Map<String, int[]> tensors = published(32);
    assertThat(config("{\"separate_qkv\": true}", tensors).fusedQkv()).isTrue();
    tensors.remove("blocks.0.attn.qkv.bias");
    tensors.put("blocks.0.attn.q.bias", new int[] {1});
    assertThat(config("{}", tensors).fusedQkv()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"hidden_size\": 190",
        "\"hidden_size\": 2000000000",
        "\"hidden_size\": \"192\"",
        "\"hidden_size\": 0",
        "\"num_heads\": -1",
        "\"in_channels\": 2000000000",
        "\"patch_size\": [1, 2]",
        "\"patch_size\": [0, 2, 2]",
        "\"patch_size\": [1, 2, 2000000000]",
        "\"patch_size\": 2",
        "\"input_size\": [16, 33, 32]",
        "\"input_size\": [16, 32]",
        "\"input_size\": [0, 32, 32]",
        "\"input_size\": [16, 2000000000, 32]",
        "\"depth\": 0",
        "\"depth\": 1.5",
        "\"mlp_ratio\": 0",
        "\"mlp_ratio\": 1e300",
        "\"mlp_ratio\": 1e-9",
        "\"pred_sigma\": 1",
        "\"caption_channels\": 0",
        "\"model_max_length\": -120",
        "\"space_scale\": 0",
        "\"time_scale\": -1"
      })
  void valuesThatMakeNoModelAreNamed(String entry) {
    String key = entry.substring(1, entry.indexOf('"', 1));
    assertThatThrownBy(() -> config("{" + entry + "}"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining(key);
  }

  @Test
  void depthMustBeThatOfTheWeights() {
    for (int depth : new int[] {27, 29}) {
      assertThatThrownBy(() -> config("{\"depth\": " + depth + "}", published(64)))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("depth is " + depth)
          .hasMessageContaining("28")
          .hasMessageContaining("weights");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"_class_name\": \"STDiT\"}",
        "{\"_class_name\": \"STDiT-XL/2\"}",
        "{\"type\": \"STDiT-XL/2\"}",
        "{}"
      })
  void isFoundByClassOrByKeys(String json) {
    DenoiserModel model = DenoiserFamilies.model(json(json), checkpoint(published(64)));
    assertThat(model.family()).isEqualTo("STDiT");
    assertThat(model.linearLayers()).hasSize(6 + 28 * 9);
  }

  @Test
  void noOtherFamilyTakesItForItsOwn() {
    for (boolean fused : new boolean[] {true, false}) {
      Map<String, int[]> tensors = published(64);
      if (!fused) {
        tensors.keySet().removeIf(name -> name.contains("qkv"));
        tensors.put("blocks.0.attn.q.bias", new int[] {1});
      }
      assertThat(DenoiserFamilies.all())
          .filteredOn(family -> family.recognizes(checkpoint(tensors)))
          .extracting(DenoiserFamily::name)
          .containsExactly("STDiT");
    }
  }

  /** STDiT2 has most of its names, but other blocks. */
  @ParameterizedTest
  @ValueSource(strings = {"blocks.0.scale_shift_table_temporal", "fps_embedder.mlp.0.weight"})
  void successorsAreNotTakenForIt(String name) {
    Map<String, int[]> tensors = published(64);
    tensors.put(name, new int[] {3, 1});
    assertThatThrownBy(() -> DenoiserFamilies.model(json("{}"), checkpoint(tensors)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("weights");
    assertThat(new StditFamily().accepts(json("{\"_class_name\": \"STDiT2\"}"))).isFalse();
  }

  @Test
  void blocksAreQuantizedAndTheRestIsNot() {
    StditModel split = new StditModel(config("{\"depth\": 1, \"separate_qkv\": true}"));
    assertThat(split.linearLayers())
        .filteredOn(LinearLayer::quantizedByDefault)
        .extracting(layer -> layer.name() + " " + layer.type().label())
        .containsExactly(
            "blocks.0.attn.q self attention",
            "blocks.0.attn.k self attention",
            "blocks.0.attn.v self attention",
            "blocks.0.attn.proj self attention",
            "blocks.0.attn_temp.q temporal attention",
            "blocks.0.attn_temp.k temporal attention",
            "blocks.0.attn_temp.v temporal attention",
            "blocks.0.attn_temp.proj temporal attention",
            "blocks.0.cross_attn.q_linear cross attention",
            "blocks.0.cross_attn.kv_linear cross attention",
            "blocks.0.cross_attn.proj cross attention",
            "blocks.0.mlp.fc1 feed forward",
            "blocks.0.mlp.fc2 feed forward");
    assertThat(split.linearLayers())
        .filteredOn(layer -> !layer.quantizedByDefault())
        .extracting(LinearLayer::name)
        .containsExactly(
            "t_embedder.mlp.0",
            "t_embedder.mlp.2",
            "t_block.1",
            "y_embedder.y_proj.fc1",
            "y_embedder.y_proj.fc2",
            "final_layer.linear");
  }

  /** The published code splits fused projections; its plans name the parts. */
  @Test
  void fusedProjectionsAnswerToTheNamesOfTheirParts() {
    StditModel fused = new StditModel(config("{\"depth\": 1}"));
    assertThat(fused.linearLayers())
        .filteredOn(layer -> layer.name().equals("blocks.0.attn_temp.qkv"))
        .singleElement()
        .satisfies(
            layer -> {
              assertThat(layer.outFeatures()).isEqualTo(3 * 1152);
              assertThat(layer.publishedNames())
                  .containsExactly(
                      "blocks.0.attn_temp.q", "blocks.0.attn_temp.k", "blocks.0.attn_temp.v");
            });
  }

  private static final String FULL =
      """
      {"_class_name": "STDiT", "input_size": [8, 16, 24], "in_channels": 4,
       "patch_size": [1, 2, 2], "hidden_size": 192, "depth": 8, "num_heads": 6, "mlp_ratio": 4.0,
       "pred_sigma": true, "caption_channels": 128, "model_max_length": 120, "space_scale": 1.0,
       "time_scale": 1.0, "separate_qkv": false}
      """;

  @Test
  void anyConfigurationIsUnderstoodOrRefusedInOneSentence(@TempDir Path folder) {
    Path file = folder.resolve("config.json");
    Checkpoint stored = checkpoint(published(32));
    Iterator<String> values = JsonMutations.withEachOtherValue(FULL).iterator();
    Fuzz.run(
        1,
        400,
        random -> {
          String json =
              values.hasNext() ? values.next() : JsonMutations.withOtherValues(FULL, random);
          Files.writeString(file, json);
          Checkpoint weights = random.nextBoolean() ? NOTHING : stored;
          StditModel model =
              new StditModel(StditConfig.of(new ModelDescription(JsonConfig.read(file), weights)));
          assertThat(model.linearLayers()).allMatch(layer -> layer.weights() > 0);
          assertThat(model.latents().shape(1, 2, 4, 4)).doesNotContain(0);
        });
  }

  @Test
  void anyShapesAreUnderstoodOrRefusedInOneSentence() {
    int[] extents = {0, 1, 2, 3, 4, 7, 64, 65, 1152, 1 << 14};
    Fuzz.run(
        2,
        250,
        random -> {
          Map<String, int[]> tensors = published(32);
          for (String name : List.copyOf(tensors.keySet())) {
            if (!name.startsWith("blocks.") && random.nextInt(3) == 0) {
              int[] dims = new int[random.nextInt(7)];
              Arrays.fill(dims, 1);
              if (dims.length > 0) {
                dims[random.nextInt(dims.length)] = extents[random.nextInt(extents.length)];
              }
              tensors.put(name, dims);
            }
          }
          StditConfig config = config(random.nextBoolean() ? "{}" : FULL, tensors);
          assertThat(new StditModel(config).linearLayers()).allMatch(layer -> layer.weights() > 0);
          assertThat(new StditModel(config).latents().shape(1, 1, 1, 1)).doesNotContain(0);
          assertThat(List.of(config.frames(), config.height(), config.width()))
              .allMatch(extent -> extent > 0);
        });
  }
}
