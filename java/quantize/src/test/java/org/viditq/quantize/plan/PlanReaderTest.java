package org.viditq.quantize.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.error.UsageException;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;
import org.viditq.quantize.ListedModel;

class PlanReaderTest {
  private static final String PUBLISHED =
      """
      # as released
      part_fp_list: "lists/remain_fp.txt"
      smooth_quant_list: # all
      model: {model_id: opensora, model_type: opensora}
      conditional: true
      cfg_split: True
      mixed_precision: [4, 6, 8]
      calib_data: {path: "calib.pt", n_steps: 10, batch_size: 4, n_samples: 10}
      quant:
        weight:
          quantizer: {n_bits: 4, per_group: channel, scale_method: max, round_mode: nearest}
          optimization:
        activation:
          quantizer:
            n_bits: 8
            per_group: token
            dynamic: true
            scale_method: min_max
            round_mode: nearest_ste
            running_stat: False
            # n_spatial_token: 1024
            sym: false
            n_temporal_token: 16
            n_prompt: 120
            smooth_quant: {enable: true, channel_wise_scale_type: momentum_act_max,
                           momentum: 0.95, alpha: [0.11, 0.3], timerange: [[0, 500], [501, 1000]]}
        grad_checkpoint: True
        resume_with_w_quantized:
          path: None
      """;

  /** YAML | part of the message. */
  private static final String MALFORMED =
      """
                                                                {weight: {bits: 4, inputs: quantized}} | weight.inputs
                                                                {weight: {bits: 4, grid: output-serch}} | weight.grid
                                                                {weight: {bits: 4}, activation: {range: mse-search}} | activation.range
                                                                {weight: {bits: 4}, activation: {mode: static_token, range: mse-search}} | activation.range
                                                                {weight: {bits: 4}, activation: {mode: static_tensor, range: mse-search, running_stat: true}} | activation.running_stat
                                                                {weight: {bits: 4}, balance: {alpha: 0.3, ranges: "found:0"}} | balance.ranges
                                                                {weight: {bits: 4}, balance: {alpha: 0.3, ranges: "found:21"}} | balance.ranges
                                                                {weight: {bits: 4}, balance: {alpha: 0.3, ranges: found}} | balance.ranges
                                                                {weight: {bits: 4}, balance: {alpha: [0.3, 0.2], ranges: "found:3"}} | balance.alpha
                                                                | is empty
      [1, 2]                                                    | mapping of keys
      {}                                                        | weight is missing
      weight: {bits: 9}                                         | weight.bits is 9, but must be an integer between 2 and 8
      weight: {bits: 1}                                         | weight.bits is 1
      weight: {bits: 4.5}                                       | weight.bits is 4.5
      weight: {bits: four}                                      | weight.bits is "four"
      weight: {}                                                | weight.bits is empty
      weight: 8                                                 | weight is 8, but must be a mapping
      weight: {bits: 8, symetric: true}                         | no key weight.symetric; did you mean symmetric?
      wieght: {bits: 8}                                         | no key wieght; did you mean weight?
      {weight: {bits: 8}, flavour: 1}                           | no key flavour; known here: name
      {weight: {bits: 8, symmetric: 1}}                         | weight.symmetric is 1, but must be true or false
      {weight: {bits: 8}, weight: {bits: 4}}                    | duplicate key weight (line 1)
      {weight: {bits: 8}, activation: {mode: dynamic}}          | activation.mode
      {weight: {bits: 8, grid: awq}}                            | weight.grid is "awq", but must be one of minmax, mse-search, output-search, gptq
      {weight: {bits: 8, damping: 0.1}}                         | weight.grid is not gptq
      {weight: {bits: 8, grid: gptq, damping: 0}}               | weight.damping is 0
      {weight: {bits: 8}, balance: {alpha: seek}}               | balance.alpha is "seek"
      {weight: {bits: 8}, balance: {alpha: 0.1, range_weights: shared}} | there is only one range
      {weight: {bits: 8}, balance: {alpha: [0.1, 0.2], range_weights: shared, ranges: [[0, 500], [501, 1000]]}} | balance.alpha differs between ranges
      {weight: {bits: 8}, balance: {alpha: 0.1, range_weights: mine}} | balance.range_weights is "mine"
      {weight: {bits: 8}, rotation: {matrix: random}}           | rotation.matrix is "random"
      {weight: {bits: 8}, rotation: {matrix: regular, block: 32}} | regular matrices have orders 4, 16, 64, 256
      {weight: {bits: 8}, rotation: {block: 52}}                | no Hadamard matrix of this order
      {weight: {bits: 8}, rotation: {block: 2}}                 | rotation.block is 2
      {weight: {bits: 8}, rotation: {seed: -1}}                 | rotation.seed is -1
      {weight: {bits: 8}, rotation: {sead: 1}}                  | no key rotation.sead; did you mean seed?
      {weight: {bits: 8}, low_rank: {}}                         | low_rank.rank is empty
      {weight: {bits: 8}, low_rank: {rank: 0}}                  | low_rank.rank is 0
      {weight: {bits: 8}, activation: {bits: 16}}               | activation.bits is 16
      {weight: {bits: 8}, activation: {running_stat: true}}     | dynamic, which keeps no statistics
      {weight: {bits: 8}, activation: {mode: static_tensor}, calibration: {samples: 0}} | static activation grids need calibration
      {weight: {bits: 8}, balance: {alpha: 0.5}, calibration: {samples: 0}} | balancing needs calibration
      {weight: {bits: 8}, balance: {alpha: 1.5}}                | balance.alpha is 1.5
      {weight: {bits: 8}, balance: {momentum: 0.9}}             | balance.alpha is missing
      {weight: {bits: 8}, balance: {alpha: 0.5, momentum: 1}}   | balance.momentum is 1
      {weight: {bits: 8}, balance: {alpha: .nan}}               | balance.alpha is "NaN", but must be a number
      {weight: {bits: 8}, balance: {alpha: [0.1, 0.2, 0.3], ranges: [[0, 500], [501, 1000]]}} | balance.ranges has 2 ranges: give one value
      {weight: {bits: 8}, balance: {alpha: [0.1, 0.2]}}         | balance.ranges has 1 range: give one value
      {weight: {bits: 8}, balance: {alpha: 0.1, ranges: [[0, 400], [501, 1000]]}} | timesteps 401 to 500 belong to no range
      {weight: {bits: 8}, balance: {alpha: 0.1, ranges: [[0, 500], [500, 1000]]}} | [500, 1000] overlaps
      {weight: {bits: 8}, balance: {alpha: 0.1, ranges: [[501, 1000], [0, 500]]}} | timesteps 0 to 500 belong to no range
      {weight: {bits: 8}, balance: {alpha: 0.1, ranges: [[0, 900]]}}     | timesteps 901 to 1000 belong to no range
      {weight: {bits: 8}, balance: {alpha: 0.1, ranges: [[500, 0]]}}     | ends before it starts
      {weight: {bits: 8}, balance: {alpha: 0.1, ranges: [[0, 2000]]}}    | balance.ranges
      {weight: {bits: 8}, balance: {alpha: 0.1, ranges: [0, 1000]}}      | balance.ranges
      {weight: {bits: 8}, full_precision: t_block}              | full_precision is "t_block", but must be a list
      {weight: {bits: 8}, full_precision: ['']}                 | none of them blank
      {weight: {bits: 8}, layers: [{weight_bits: 4}]}           | layers[0].match
      {weight: {bits: 8}, layers: [{match: a, weight_bits: 99}]} | layers[0].weight_bits is 99
      {weight: {bits: 5}, mixed_precision: {candidates: [4, 6, 8]}} | weight.bits is 5, but mixed_precision.candidates are [4, 6, 8]
      {weight: {bits: 4}, mixed_precision: {candidates: [4, 8], weight: {1-0: {a: 6}}}} | candidates are [4, 8]
      {weight: {bits: 4}, mixed_precision: {weight: {0-1: {a: 4}}}}      | higher step first: 1-0
      {weight: {bits: 4}, mixed_precision: {weight: {first: {a: 4}}}}    | first is neither a range of sampling steps
      {weight: {bits: 4}, mixed_precision: {weight: {5-4: {}, 2-0: {}}}} | sampling step 3 belongs to no range
      {weight: {bits: 4}, mixed_precision: {weight: {5-2: {}, 2-0: {}}}} | sampling step 2 belongs to two ranges
      {weight: {bits: 4}, mixed_precision: {weight: {5-2: {}}}}          | sampling step 0 belongs to no range
      {weight: {bits: 4}, mixed_precision: {weight: {1-0: {a: 12}}}}     | 1-0.a is 12
      {weight: {bits: 4}, mixed_precision: {weight: map.yaml}}  | built-in plan cannot name files
      {quant: {}, weight: {bits: 8}}                            | use one of them
      {quant: {weight: {quantizer: {}}}}                        | quant.activation is missing
      {quant: {weight: {}, activation: {}}}                     | quant.weight.quantizer is missing
      {quant: {weight: {quantizer: {n_bit: 4}}, activation: {quantizer: {}}}} | no key quant.weight.quantizer.n_bit; did you mean n_bits?
      {quant: {weight: {quantizer: {n_bits: 12}}, activation: {quantizer: {}}}} | quant.weight.quantizer.n_bits is 12
      {quant: {weight: {quantizer: {per_group: token}}, activation: {quantizer: {}}}} | per_group
      {quant: {weight: {quantizer: {round_mode: floor}}, activation: {quantizer: {}}}} | round_mode
      {quant: {weight: {quantizer: {}}, activation: {quantizer: {dynamic: false}}}} | calib_data is missing
      {quant: {weight: {quantizer: {}}, activation: {quantizer: {dynamic: true, per_group: False}}}} | dynamic grids are per token
      {part_fp_list: none.txt, quant: {weight: {quantizer: {}}, activation: {quantizer: {dynamic: true, per_group: token}}}} | part_fp_list
      weight: {bits: 8                                          | not valid YAML: while parsing a flow mapping: expected
      """;

  @TempDir Path folder;

  private final List<String> warnings = new ArrayList<>();

  @Test
  void readsPublishedPlanAsItIs() throws IOException {
    Files.createDirectories(folder.resolve("lists"));
    Files.writeString(folder.resolve("lists/remain_fp.txt"), "x_embedder\n\nt_block\n");
    Path deeper = Files.createDirectories(folder.resolve("configs/opensora"));
    Path file = Files.writeString(deeper.resolve("w4a8.yaml"), PUBLISHED);

    QuantizationPlan plan = new PlanReader(warnings::add).read(file);

    assertThat(warnings).isEmpty();
    assertThat(plan.name()).isEqualTo("w4a8");
    assertThat(plan.weight()).isEqualTo(IntegerFormat.asymmetric(4));
    assertThat(plan.activation())
        .isEqualTo(
            ActivationSettings.of(ActivationMode.DYNAMIC_TOKEN, IntegerFormat.asymmetric(8)));
    assertThat(plan.keepFullPrecision()).containsExactly("x_embedder", "t_block");
    assertThat(plan.candidates()).containsExactly(4, 6, 8);
    assertThat(plan.calibration()).isEqualTo(new CalibrationSettings(10, Optional.of(10)));
    Balancing balancing = plan.balancing().orElseThrow();
    assertThat(balancing.layers()).isEmpty();
    assertThat(balancing.momentum()).isEqualTo(0.95);
    assertThat(balancing.ranges())
        .containsExactly(
            new Balancing.Range(TimestepRange.closed(0, 500), 0.11),
            new Balancing.Range(TimestepRange.closed(501, 1000), 0.3));
  }

  @Test
  void readsPublishedStaticPlan() {
    QuantizationPlan plan =
        parse(
            """
            calib_data: {n_steps: 10}
            quant:
              weight: {quantizer: {n_bits: 8, channel_wise: true, channel_dim: 0}}
              activation: {quantizer: {n_bits: 8, per_group: False, dynamic: False, sym: True,
                           running_stat: True}}
            """);
    assertThat(plan.activation())
        .isEqualTo(
            new ActivationSettings(
                ActivationMode.STATIC_TENSOR, IntegerFormat.symmetric(8), true, 0.95));
    assertThat(plan.balancing()).isEmpty();
  }

  @Test
  void leavesForeignKeysOfPublishedPlansOutWithAWarning() {
    parse(
        "quant: {weight: {quantizer: {}}, activation: {quantizer: {per_group: token, "
            + "dynamic: true}}}\nlearning_schedule: 3\n");
    assertThat(warnings).singleElement().asString().contains("test.yaml", "learning_schedule");
  }

  @Test
  void readsConcisePlan() throws IOException {
    Files.writeString(
        folder.resolve("map.yaml"),
        "19-15:\n  model.blocks.0.attn.q: 8\n14-0:\n  model.blocks.0.attn.q: 4\n");
    Path file =
        Files.writeString(
            folder.resolve("mine.yaml"),
            """
            description: Mixed
            weight: {bits: 4, symmetric: true}
            activation: {mode: static_token, bits: 6, running_stat: true, momentum: 0.9}
            balance: {alpha: 0.5, layers: [attn], zero_stat_eps: 1e-6}
            full_precision: [final_layer]
            layers: [{match: mlp, weight_bits: 8, activation_bits: 8}]
            mixed_precision: {candidates: [4, 8], weight: map.yaml}
            calibration: {samples: 4, steps: 5}
            """);
    QuantizationPlan plan = new PlanReader(warnings::add).read(file);
    assertThat(plan.balancing().orElseThrow().zeroStatEps()).isEqualTo(1e-6);
    assertThat(plan.activation().momentum()).isEqualTo(0.9);

    Map<String, LayerPlan> layers =
        new PlanResolver(plan)
            .resolve(
                ListedModel.of("blocks.0.attn.q", "blocks.0.mlp.fc1", "final_layer.linear"),
                warnings::add);

    assertThat(warnings).isEmpty();
    assertThat(layers).containsOnlyKeys("blocks.0.attn.q", "blocks.0.mlp.fc1");
    Optional<Balancing.Range> balance = Optional.of(new Balancing.Range(TimestepRange.ALL, 0.5));
    assertThat(layers.get("blocks.0.attn.q").parts())
        .containsExactly(
            new LayerPlan.Part(
                new TimestepRange(0, 750),
                IntegerFormat.symmetric(4),
                IntegerFormat.asymmetric(6),
                balance),
            new LayerPlan.Part(
                new TimestepRange(750, 1001),
                IntegerFormat.symmetric(8),
                IntegerFormat.asymmetric(6),
                balance));
    assertThat(layers.get("blocks.0.mlp.fc1").parts())
        .containsExactly(
            new LayerPlan.Part(
                TimestepRange.ALL,
                IntegerFormat.symmetric(8),
                IntegerFormat.asymmetric(8),
                Optional.empty()));
  }

  @Test
  void stepRangesAndBalancingRangesAreRefinedTogether() {
    QuantizationPlan plan =
        parse(
            """
            weight: {bits: 4}
            balance: {alpha: [0.1, 0.2], ranges: [[0, 500], [501, 1000]]}
            mixed_precision: {weight: {3-2: {blocks.a: 8}, 1: {blocks.a: 6}, 0: {}}}
            """);
    List<LayerPlan.Part> parts =
        new PlanResolver(plan)
            .resolve(ListedModel.of("blocks.a"), warnings::add)
            .get("blocks.a")
            .parts();
    assertThat(parts)
        .extracting(p -> p.timesteps() + " " + p.weight().bits() + " " + p.balance().get().alpha())
        .containsExactly(
            new TimestepRange(0, 250) + " 4 0.1",
            new TimestepRange(250, 500) + " 6 0.1",
            new TimestepRange(500, 501) + " 8 0.1",
            new TimestepRange(501, 1001) + " 8 0.2");
  }

  @Test
  void readsRangesThatAreFoundAndSearched() {
    QuantizationPlan plan =
        parse(
            """
            weight: {bits: 4, grid: gptq, inputs: quantized}
            activation: {mode: static_tensor, range: mse-search}
            balance: {alpha: 0.3, ranges: "found:3"}
            """);
    assertThat(plan.scheme().blockwise()).isTrue();
    assertThat(plan.activation().searchesRange()).isTrue();
    Balancing balancing = plan.balancing().orElseThrow();
    assertThat(balancing.findsRanges()).isTrue();
    assertThat(balancing.ranges())
        .extracting(Balancing.Range::alpha)
        .containsExactly(0.3, 0.3, 0.3);
    List<TimestepRange> found =
        List.of(
            TimestepRange.closed(0, 99),
            TimestepRange.closed(100, 799),
            TimestepRange.closed(800, 1000));
    Balancing known = balancing.with(found);
    assertThat(known.findsRanges()).isFalse();
    assertThat(known.ranges()).extracting(Balancing.Range::timesteps).isEqualTo(found);
    assertThatThrownBy(() -> balancing.with(List.of(TimestepRange.ALL)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(PlanIdentity.of(plan))
        .isNotEqualTo(PlanIdentity.of(plan.withBalancing(known)))
        .isNotEqualTo(
            PlanIdentity.of(
                parse(
                    """
                    weight: {bits: 4, grid: gptq}
                    activation: {mode: static_tensor, range: mse-search}
                    balance: {alpha: 0.3, ranges: "found:3"}
                    """)));
    assertThat(
            parse("weight: {bits: 4, grid: output-search}\nactivation: {mode: static_tensor}\n")
                .needsSecondMoments())
        .isTrue();
  }

  @Test
  void plansHaveTheFingerprintsThatCheckpointsCarry() {
    // As made by the version before ranges were searched: files that name them must stay valid.
    assertThat(PlanIdentity.of(BuiltInPlans.get("w8a8-naive"))).startsWith("39ee69aa70a10f66");
    assertThat(PlanIdentity.of(BuiltInPlans.get("w4a8"))).startsWith("e3cdebe45da4cc11");
    assertThat(PlanIdentity.of(BuiltInPlans.get("w4a8-gptq"))).startsWith("02d2fcb897d45eba");
    assertThat(PlanIdentity.of(BuiltInPlans.get("viditq-rotate"))).startsWith("e1c4763fa035c6f6");
  }

  @Test
  void warnsAboutPatternsThatMatchNothing() {
    QuantizationPlan plan = parse("weight: {bits: 8}\nfull_precision: [t_block, proj]\n");
    new PlanResolver(plan).resolve(ListedModel.of("proj_out", "blocks.attn"), warnings::add);
    assertThat(warnings).singleElement().asString().contains("\"t_block\"", "exclude");
  }

  @Test
  void includedLayersAreQuantizedBesideThoseOfTheFamilyAndExcludedOnesAreNot() {
    ListedModel model =
        ListedModel.of("blocks.0.attn.q", "blocks.0.mlp.fc1", "proj_out", "t_block");
    assertThat(
            new PlanResolver(parse("weight: {bits: 8}\n")).resolve(model, warnings::add).keySet())
        .containsExactly("blocks.0.attn.q", "blocks.0.mlp.fc1");
    assertThat(
            new PlanResolver(parse("weight: {bits: 8}\ninclude: [proj_out]\nexclude: [mlp]\n"))
                .resolve(model, warnings::add)
                .keySet())
        .containsExactly("blocks.0.attn.q", "proj_out");
    assertThat(warnings).isEmpty();
  }

  @Test
  void rejectsMapsForLayersThatTheModelLacks() {
    QuantizationPlan plan =
        parse("weight: {bits: 4}\nmixed_precision: {weight: {1-0: {model.blocks.0.atn.q: 8}}}\n");
    assertThatThrownBy(
            () -> new PlanResolver(plan).resolve(ListedModel.of("blocks.0.attn.q"), warnings::add))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("blocks.0.atn.q, which this model lacks; did you mean")
        .hasMessageContaining("blocks.0.attn.q");
  }

  @Test
  void rejectsPlansThatQuantizeNothing() {
    QuantizationPlan plan = parse("weight: {bits: 4}\nquantize: [blocks]\n");
    assertThatThrownBy(() -> new PlanResolver(plan).resolve(ListedModel.of("proj"), warnings::add))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("full precision");
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void namesFileAndKeyOfMalformedPlans(String yaml, String expected) {
    assertThatThrownBy(() -> parse(yaml))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("test.yaml")
        .hasMessageContaining(expected)
        .hasMessageMatching("[^\\n]*\\.|[^\\n]*\\?");
  }

  static List<Arguments> malformed() {
    return MALFORMED
        .lines()
        .map(line -> line.split("\\|", 2))
        .map(row -> Arguments.of(row[0].strip(), row[1].strip()))
        .toList();
  }

  @Test
  void rejectsWhatIsNotOneTextDocument() {
    assertThatThrownBy(() -> parse("weight: {bits: 8}\n---\nweight: {bits: 4}\n"))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("more than one YAML document");
    assertThatThrownBy(
            () ->
                new PlanReader(warnings::add)
                    .parse(new byte[] {(byte) 0xff, (byte) 0xfe, 0}, "test", "test.yaml"))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessage("test.yaml is not valid YAML: it is not UTF-8 text.");
  }

  @Test
  void rejectsMissingAndBinaryFiles() throws IOException {
    Path missing = folder.resolve("missing.yaml");
    assertThatThrownBy(() -> new PlanReader().read(missing))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("missing.yaml");
    Path binary = Files.write(folder.resolve("b.yaml"), new byte[] {0, 1, 2, (byte) 0xff, 7});
    assertThatThrownBy(() -> new PlanReader().read(binary))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("b.yaml");
  }

  /** What is there in place of a plan, or of a list that it names, that was not downloaded. */
  @Test
  void namesWhatWasNotDownloaded() throws IOException {
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
    Path plan = Files.writeString(folder.resolve("p.yaml"), pointer);
    assertThatThrownBy(() -> new PlanReader().read(plan))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContainingAll("p.yaml", "Git LFS pointer");
    Files.writeString(plan, "<!DOCTYPE html>\n<title>p.yaml at main</title>");
    assertThatThrownBy(() -> new PlanReader().read(plan))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContainingAll("p.yaml", "web page");
    Files.writeString(folder.resolve("list.txt"), pointer);
    Files.writeString(plan, PUBLISHED.replace("lists/remain_fp.txt", "list.txt"));
    assertThatThrownBy(() -> new PlanReader().read(plan))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContainingAll("part_fp_list", "list.txt", "Git LFS pointer");
  }

  /** Any bytes give a plan or an InvalidPlanException, nothing else. */
  @ParameterizedTest
  @MethodSource("seeds")
  void survivesDamagedYaml(long seed) {
    Random random = new Random(seed);
    String concise =
        "weight: {bits: 4}\nbalance: {alpha: [0.1, 0.2], ranges: [[0, 5], [6, 1000]]}"
            + "\nmixed_precision: {candidates: [4, 8], weight: {9-5: {a: 8}, 4-0: {a: 4}}}\n";
    String expressions =
        "remain_fp_regex: a|b\nweight: {n_bits: [4, 8], i_bitwidth: 1}\nact: &x {n_bits: 8}\n"
            + "mixed_precision: {weight: {layer_name_regex: ['a', '', 'c.*']}}\n"
            + "smooth_quant: {alpha: 0.5, layer_name_regex: '(q|k)$'}\n";
    byte[] original =
        List.of(concise, PUBLISHED, expressions)
            .get(random.nextInt(3))
            .getBytes(StandardCharsets.UTF_8);
    for (int round = 0; round < 200; round++) {
      byte[] damaged = original.clone();
      for (int i = random.nextInt(6); i >= 0; i--) {
        int at = random.nextInt(damaged.length);
        damaged[at] =
            random.nextBoolean()
                ? (byte) random.nextInt(256)
                : (byte) "{}[]:,-&*!|>'\"%@`#?\n\t".charAt(random.nextInt(21));
      }
      try {
        assertThat(new PlanReader(warnings::add).parse(damaged, "fuzz", "fuzz.yaml")).isNotNull();
      } catch (InvalidPlanException expected) {
        assertThat(expected).hasMessageContaining("fuzz.yaml");
      }
    }
  }

  static long[] seeds() {
    return new long[] {1, 2, 3, 4, 5, 6, 7, 8};
  }

  @ParameterizedTest
  @MethodSource("builtIn")
  void builtInPlansAreValid(String name) {
    QuantizationPlan plan = BuiltInPlans.find(name);
    assertThat(plan.name()).isEqualTo(name);
    String widths = name.equals("convrot") ? "w8a8" : name.equals("viditq-rotate") ? "w4a8" : name;
    assertThat(plan.weight().bits()).isEqualTo(widths.charAt(1) - '0');
    assertThat(plan.activation().format().bits()).isEqualTo(widths.charAt(3) - '0');
    assertThat(plan.scheme().rotation().isPresent()).isNotEqualTo(widths.equals(name));
    assertThat(plan.activation().mode().isStatic())
        .isEqualTo(name.matches(".*-(naive|static-token|qdiffusion)"));
    assertThat(
            new PlanResolver(plan).resolve(ListedModel.of("blocks.0.attn.q", "proj_out"), w -> {}))
        .containsOnlyKeys("blocks.0.attn.q");
  }

  static List<String> builtIn() {
    return BuiltInPlans.names();
  }

  @Test
  void suggestsBuiltInPlans() {
    assertThatThrownBy(() -> BuiltInPlans.find("w8a8-naïve"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("did you mean w8a8-naive");
  }

  private QuantizationPlan parse(String yaml) {
    return new PlanReader(warnings::add)
        .parse(yaml.getBytes(StandardCharsets.UTF_8), "test", "test.yaml");
  }
}
