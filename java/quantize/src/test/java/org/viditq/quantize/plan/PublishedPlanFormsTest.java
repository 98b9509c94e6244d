package org.viditq.quantize.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.quant.IntegerFormat;

/** Shapes of plan and map files that the published code and its users have; invented contents. */
class PublishedPlanFormsTest {
  private static final String DYNAMIC =
      """
      model: {model_id: opensora, model_type: opensora}
      conditional: True
      calib_data: {n_steps: 5, batch_size: 2, n_samples: 3}
      quant:
        weight: {quantizer: {n_bits: 6, per_group: channel, scale_method: min_max}}
        activation: {quantizer: {n_bits: 8, per_group: token, dynamic: True%s}}
      %s
      """;

  @TempDir Path folder;

  private final List<String> warnings = new ArrayList<>();

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private QuantizationPlan read(String text) throws IOException {
    return new PlanReader(warnings::add).read(write("plan.yaml", text));
  }

  private static String plan(String root) {
    return DYNAMIC.formatted("", root);
  }

  private static DenoiserModel stdit(boolean separate) {
    return DenoiserFamilies.model(
        JsonConfig.of(
            JsonNodeFactory.instance
                .objectNode()
                .put("_class_name", "STDiT")
                .put("depth", 12)
                .put("separate_qkv", separate),
            "config.json"),
        new MemoryCheckpoint("nothing", List.of()));
  }

  private Map<String, LayerPlan> resolve(QuantizationPlan plan) {
    return new PlanResolver(plan).resolve(stdit(true), warnings::add);
  }

  @Test
  void publishedPlansThatRotateAreRotated() throws IOException {
    QuantizationPlan first = read(plan("quarot: True"));
    assertThat(first.scheme().rotation().orElseThrow().block()).isEmpty();
    QuantizationPlan later =
        read(
            "{act: {n_bits: 8}, weight: {n_bits: 4}, viditq: {alpha: 0.25, layer_name_regex: attn}}");
    assertThat(later.scheme().rotation().orElseThrow().layers()).containsExactly("attn");
    assertThat(later.balancing().orElseThrow().layers()).containsExactly("attn");
    assertThat(later.balancing().orElseThrow().ranges().get(0).alpha()).isEqualTo(0.75);
    QuantizationPlan only =
        read("{act: {n_bits: 8}, weight: {n_bits: 8}, quarot: {layer_name_regex: ff}}");
    assertThat(only.scheme().rotation().orElseThrow().layers()).containsExactly("ff");
    assertThat(only.balancing()).isEmpty();
  }

  @Test
  void listsNameWholePartsOfPaths() throws IOException {
    write(
        "list.txt",
        "\uFEFFattn.v\r\nblocks.1\r\n\r\n# mlp\r\nmodel.blocks.[3-4].*.fc2\r\nfinal_layer");
    Map<String, LayerPlan> resolved = resolve(read(plan("part_fp_list: list.txt")));
    assertThat(resolved)
        .doesNotContainKeys(
            "blocks.0.attn.v", "blocks.1.attn.q", "blocks.3.mlp.fc2", "final_layer.linear")
        .containsKeys(
            "blocks.0.attn_temp.v",
            "blocks.0.cross_attn.kv_linear",
            "blocks.10.attn.q",
            "blocks.3.mlp.fc1",
            "blocks.5.mlp.fc2",
            "t_block.1");
    assertThat(warnings).isEmpty();
  }

  @Test
  void aPartOfAFusedProjectionIsNoLayer() throws IOException {
    write("list.txt", "attn.v\n");
    QuantizationPlan plan = read(plan("part_fp_list: list.txt"));
    assertThatThrownBy(() -> new PlanResolver(plan).resolve(stdit(false), warnings::add))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("part_fp_list means a part of layer blocks.0.attn.qkv")
        .hasMessageContaining("but not blocks.0.attn.q,");
    write("list.txt", "attn.v\nattn.q\nattn.k\n");
    QuantizationPlan whole = read(plan("part_fp_list: list.txt"));
    assertThat(new PlanResolver(whole).resolve(stdit(false), warnings::add))
        .doesNotContainKey("blocks.0.attn.qkv")
        .containsKey("blocks.0.attn_temp.qkv");
  }

  @Test
  void aListOfAnotherMachineIsLookedForByItsName() throws IOException {
    write("remain.txt", "mlp\n");
    Path plan = write("a/b/plan.yaml", plan("part_fp_list: /home/someone/lists/remain.txt"));
    assertThat(new PlanReader(warnings::add).read(plan).keepFullPrecision()).containsExactly("mlp");
    assertThat(warnings).singleElement().asString().contains("/home/someone", "is read instead");
  }

  @Test
  void theListOfQuantizedLayersCountsWithoutTheOther() throws IOException {
    write("quantized.txt", "attn.q\nattn.k\n");
    assertThat(resolve(read(plan("part_quant_list: quantized.txt"))).keySet())
        .hasSize(2 * 12)
        .allMatch(layer -> layer.endsWith(".attn.q") || layer.endsWith(".attn.k"));
    write("kept.txt", "mlp\n");
    QuantizationPlan both = read(plan("part_quant_list: /share/list.pth\npart_fp_list: kept.txt"));
    assertThat(both.keepFullPrecision()).containsExactly("mlp");
    assertThat(warnings).singleElement().asString().contains("part_quant_list is left out");
  }

  @Test
  void aPickledListIsRefusedByItsKey() throws IOException {
    Files.write(folder.resolve("list.pth"), new byte[] {(byte) 0x80, 2, ']', '.', (byte) 0xff});
    assertThatThrownBy(() -> read(plan("part_quant_list: list.pth")))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("part_quant_list")
        .hasMessageContaining("no text file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "timestep_wise: True           | timestep_wise is true, but static grids",
        "resume_with_w_quantized: {path: a.pth} | resume_with_w_quantized.path is \"a.pth\"",
        "mixed_precision: [4, 8]       | n_bits is 6, but mixed_precision lists [4, 8]"
      })
  void whatCannotBeDoneIsRefusedByItsKey(String root, String message) {
    assertThatThrownBy(() -> read(plan(root)))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("plan.yaml")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ", timestep_wise: True | quant.activation.quantizer.timestep_wise",
        ", channel_wise: True  | quant.activation.quantizer.channel_wise",
        ", round_mode: learned_hard_sigmoid | quant.activation.quantizer.round_mode"
      })
  void soIsWhatAQuantizerCannotDo(String quantizer, String message) {
    assertThatThrownBy(() -> read(DYNAMIC.formatted(quantizer, "")))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining(message);
  }

  @Test
  void keysThatAreOffOrEmptyMeanNothing() throws IOException {
    read(
        DYNAMIC.formatted(
            ", timestep_wise: False, channel_wise: False, softmax: ",
            "timestep_wise: False\nresume_with_w_quantized:\n    path: None"));
    assertThat(warnings).isEmpty();
  }

  @Test
  void whatIsLeftOutIsSaid() throws IOException {
    read(DYNAMIC.formatted(", softmax: {n_bits: 16}", ""));
    assertThat(warnings).singleElement().asString().contains("quantizer.softmax is left out");
  }

  private QuantizationPlan mapped(String weights, String activations) throws IOException {
    return new PlanReader(warnings::add)
        .read(
            write("plan.yaml", plan("")),
            Optional.of(write("w.yaml", weights)),
            Optional.of(write("a.yaml", activations)));
  }

  private static final String ACTIVATIONS = "9-0: {model.blocks.0.attn.q: 8}\n";

  @Test
  void aMapMayKeepLayersInFullPrecisionInAllSteps() throws IOException {
    QuantizationPlan plan =
        mapped(
            """
            9-5: {model.blocks.0.attn.q: 8}
            4-0: {model.blocks.0.attn.q: 4}
            fp_layers:
              9-5: [blocks.2.mlp, fc1_]
              4-0:
              - blocks.2.mlp.fc1
              - blocks.2.mlp.
              # - blocks.3
            """,
            ACTIVATIONS);
    Map<String, LayerPlan> resolved = resolve(plan);
    assertThat(resolved)
        .doesNotContainKeys("blocks.2.mlp.fc1", "blocks.2.mlp.fc2")
        .containsKeys("blocks.3.mlp.fc1", "blocks.2.attn.q");
    assertThat(resolved.get("blocks.0.attn.q").parts())
        .extracting(part -> part.weight().bits())
        .containsExactly(4, 8);
    assertThat(warnings).singleElement().asString().contains("\"fc1_\" of fp_layers");
  }

  @Test
  void fullPrecisionInSomeStepsIsRefusedByItsKey() throws IOException {
    QuantizationPlan plan =
        mapped("9-5: {}\n4-0: {}\nfp_layers: {9-5: [blocks.2.mlp], 4-0: }\n", ACTIVATIONS);
    assertThatThrownBy(() -> resolve(plan))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("w.yaml: fp_layers keeps layer blocks.2.mlp.fc1")
        .hasMessageContaining("timestep 0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{9-0: {}, fp_layers: {8-0: [a]}}  | fp_layers.8-0 is none of the map's ranges",
        "{9-0: {}, fp_layers: [a]}         | fp_layers is [\"a\"], but must be a mapping",
        "{9-0: {}, fp_layers: {9-0: a}}    | fp_layers.9-0 is \"a\"",
        "{9-0: {}, group_list: [a]}        | key group_list is neither a range",
        "{9-0: {}, '4_0': {}}              | key 4_0 is neither a range",
        "{9-0: {model.a: 16}}              | 9-0.model.a is 16, but must be an integer between 2 and 8",
        "{9-0: {model.a: [4, 8]}}          | 9-0.model.a is [4,8]"
      })
  void furtherKeysOfMapsAreReadOrRefusedByName(String map, String message) {
    assertThatThrownBy(() -> mapped(map, ACTIVATIONS))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("w.yaml")
        .hasMessageContaining(message);
  }

  @Test
  void theActivationMapsOwnListIsLeftOut() throws IOException {
    mapped("9-0: {}\n", "9-0: {}\nfp_layers: {9-0: [mlp]}\n");
    assertThat(warnings).singleElement().asString().contains("a.yaml", "fp_layers");
  }

  @Test
  void aMapIsNoPlan() {
    assertThatThrownBy(() -> read("9-5: {model.blocks.0.attn.q: 8}\n4-0: {a: 4}\n"))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("--weight-bits");
  }

  private static final String EXPRESSIONS =
      """
      model: {model_id: pixart}
      remain_fp_regex: embedder|final_layer|t_block
      mixed_precision:
        weight: {layer_name_regex: [cross_attn, '', 'blocks\\.1[01]\\.', 'mlp']}
        act: {layer_name_regex: ['', '', 'fc2', '']}
      calib_data: {save_path: /nowhere/calib.pth}
      weight: {n_bits: [2, 4, 8], i_bitwidth: 1, sym: False}
      act: {n_bits: [2, 6, 8], i_bitwidth: 2, sym: True}
      """;

  @Test
  void theLaterFormNamesLayersByExpressions() throws IOException {
    QuantizationPlan plan = read(EXPRESSIONS);
    assertThat(plan.weight()).isEqualTo(IntegerFormat.asymmetric(4));
    assertThat(plan.activation())
        .isEqualTo(ActivationSettings.of(ActivationMode.DYNAMIC_TOKEN, IntegerFormat.symmetric(8)));
    Map<String, LayerPlan> resolved = resolve(plan);
    assertThat(resolved.keySet())
        .noneMatch(layer -> layer.contains("cross_attn") || layer.contains("embedder"));
    assertThat(bits(resolved, "blocks.1.attn.q")).isEqualTo("4/8");
    assertThat(bits(resolved, "blocks.11.attn.q")).isEqualTo("4/8");
    assertThat(bits(resolved, "blocks.11.mlp.fc1")).isEqualTo("8/8");
    assertThat(bits(resolved, "blocks.0.mlp.fc2")).isEqualTo("8/6");
    assertThat(warnings).isEmpty();
  }

  private static String bits(Map<String, LayerPlan> resolved, String layer) {
    LayerPlan.Part part = resolved.get(layer).parts().get(0);
    return part.weight().bits() + "/" + part.activation().bits();
  }

  @Test
  void balancingOfTheLaterFormCountsFromTheWeight() throws IOException {
    QuantizationPlan plan =
        read(
            "weight: {n_bits: 8}\nact: {n_bits: 8}\n"
                + "smooth_quant: {alpha: 0.75, layer_name_regex: 'attn\\.q|fc1'}\n");
    assertThat(plan.balancing().orElseThrow().ranges().get(0).alpha()).isEqualTo(0.25);
    Map<String, LayerPlan> resolved = resolve(plan);
    assertThat(resolved.get("blocks.0.attn.q").parts().get(0).balance()).isPresent();
    assertThat(resolved.get("blocks.0.attn.k").parts().get(0).balance()).isEmpty();
    assertThat(warnings).singleElement().asString().contains("smooth_quant.alpha");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{act: {n_bits: 8}}                                | weight is missing",
        "{act: {}, weight: {n_bits: []}}                   | weight.n_bits",
        "{act: {}, weight: {n_bits: 16}}                   | weight.n_bits is 16",
        "{act: {}, weight: {n_bits: [4, 8], i_bitwidth: 2}} | weight.i_bitwidth is 2",
        "{act: {}, weight: {}, remain_fp_regex: '(a'}      | remain_fp_regex is",
        "{act: {}, weight: {}, viditq: {}}                 | viditq.alpha",
        "{act: {}, weight: {}, quarot: {alpha: 0.5}}       | no key quarot.alpha",
        "{act: {}, weight: {}, viditq: {alpha: 0.5}, quarot: {layer_name_regex: a}} | quarot is",
        "{act: {}, weight: {}, viditq: {alpha: 0.5}, smooth_quant: {alpha: 0.5}} | smooth_quant is",
        "{act: {}, weight: {}, smooth_quant: {}}           | smooth_quant.alpha",
        "{act: {}, weight: {}, flavour: 1}                 | no key flavour",
        "{act: {}, weight: {n_bits: 8}, mixed_precision: {weight: {layer_name_regex: [a, b, c]}}} | mixed_precision.weight.layer_name_regex"
      })
  void theLaterFormIsRefusedByTheNameOfTheKey(String text, String message) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("plan.yaml")
        .hasMessageContaining(message);
  }

  @Test
  void anExpressionThatTakesForEverEnds() throws IOException {
    QuantizationPlan plan =
        read("{act: {}, weight: {}, remain_fp_regex: '(.*)*(.*)*(.*)*(.*)*(.*)*(.*)*x{9}y'}");
    assertThatThrownBy(() -> resolve(plan))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("takes too long");
  }

  @Test
  void aLinkThatGitWroteAsTextIsFollowed() throws IOException {
    write("w6a8.yaml", plan(""));
    Path link = write("best.yaml", "./w6a8.yaml");
    assertThat(new PlanReader(warnings::add).read(link).weight().bits()).isEqualTo(6);
    Path loop = write("loop.yaml", "loop.yaml\n");
    assertThatThrownBy(() -> new PlanReader().read(loop)).isInstanceOf(InvalidPlanException.class);
    Path lost = write("lost.yaml", "../there/lost.yaml\r\n");
    assertThatThrownBy(() -> new PlanReader().read(lost))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("symbolic link");
  }

  @Test
  void aPythonProgramIsNotRun() throws IOException {
    Path file = write("16x512x512.py", "num_frames = 16\nmodel = dict(type='STDiT-XL/2')\n");
    assertThatThrownBy(() -> new PlanReader().read(file))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("16x512x512.py is a Python program");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
  void aByteOrderMarkSaysTheEncoding(String charset) throws IOException {
    byte[] text = "\uFEFFweight: {bits: 4}\r\ndescription: 四\r\n".getBytes(charset);
    QuantizationPlan plan = new PlanReader().read(Files.write(folder.resolve("marked.yaml"), text));
    assertThat(plan.weight().bits()).isEqualTo(4);
    assertThat(plan.description()).isEqualTo("四");
  }

  @Test
  void yamlIsReadAsPyYamlReadsIt() throws IOException {
    QuantizationPlan plan =
        read(
            """
            %YAML 1.1
            ---
            weight: &grid {bits: 0x6, symmetric: yes}
            activation: {<<: *grid, bits: 1_0}
            ...
            """
                .replace("1_0", "+7"));
    assertThat(plan.weight()).isEqualTo(IntegerFormat.symmetric(6));
    assertThat(plan.activation().format()).isEqualTo(IntegerFormat.symmetric(7));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a: &a [*a]",
        "weight: !!python/object/apply:os.system [ls]",
        "weight: !!binary aGVsbG8=",
        "? [a, b]\n: c",
        "weight: {bits: 4}\nname: \u0007"
      })
  void whatNoPlanHoldsIsRefused(String text) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("plan.yaml");
  }

  @Test
  void anchorsDoNotUnfoldWithoutBounds() {
    StringBuilder text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      text.append("a%d: &a%d [".formatted(i, i))
          .append(("*a" + (i - 1) + ", ").repeat(9))
          .append("*a")
          .append(i - 1)
          .append("]\n");
    }
    assertThatThrownBy(() -> read(text.toString()))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("plan.yaml");
    assertThat(text.toString().getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(2000);
  }

  @Test
  void plansThatSayTheSameHaveOneIdentity() throws IOException {
    String identity = PlanIdentity.of(read("weight: {bits: 4}\nexclude: [mlp]\n"));
    assertThat(PlanIdentity.of(read("# other\nname: b\nexclude: [mlp]\nweight:\n  bits: 4\n")))
        .isEqualTo(identity)
        .hasSize(64);
    assertThat(PlanIdentity.of(read("weight: {bits: 4}\nexclude: [attn]\n")))
        .isNotEqualTo(identity);
  }
}
