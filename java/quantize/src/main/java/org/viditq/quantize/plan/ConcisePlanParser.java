package org.viditq.quantize.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.Rotation;

/** The product's own plan format; see docs/formats.md. */
final class ConcisePlanParser {
  private static final int DEFAULT_BITS = 8;
  private static final int LARGEST_BLOCK = 1 << 15;
  private static final int REGULAR_BLOCK = 256;
  private static final int MAX_RANK = 256;

  private final PlanNode root;
  private final PlanFiles files;
  private final Consumer<String> warnings;

  ConcisePlanParser(PlanNode root, PlanFiles files, Consumer<String> warnings) {
    this.root = root;
    this.files = files;
    this.warnings = warnings;
  }

  QuantizationPlan parse(String fallbackName) {
    root.allowOnly(
        "name",
        "description",
        "weight",
        "activation",
        "balance",
        "rotation",
        "low_rank",
        "attention",
        "quantize",
        "include",
        "exclude",
        "full_precision",
        "layers",
        "mixed_precision",
        "calibration");
    List<Integer> candidates = candidates();
    ActivationSettings activation = activation();
    CalibrationSettings calibration = calibration();
    Optional<Balancing> balancing = balancing();
    if (calibration.samples() == 0 && (activation.mode().isStatic() || balancing.isPresent())) {
      throw root.failure(
          "calibration.samples is 0, but "
              + (activation.mode().isStatic() ? "static activation grids need" : "balancing needs")
              + " calibration");
    }
    IntegerFormat weight = weight();
    if (!candidates.isEmpty() && !candidates.contains(weight.bits())) {
      throw root.failure(
          "weight.bits is " + weight.bits() + ", but mixed_precision.candidates are " + candidates);
    }
    return new QuantizationPlan(
        root.text("name").orElse(fallbackName),
        root.text("description").orElse(""),
        weight,
        activation,
        balancing,
        PatternSyntax.PART_OF_NAME,
        root.texts("quantize"),
        root.texts("include"),
        excluded(),
        root.children("layers").stream().map(ConcisePlanParser::override).toList(),
        candidates,
        map("weight", candidates),
        map("activation", List.of()),
        calibration,
        scheme(),
        attention());
  }

  /** {@code full_precision} is the older word for {@code exclude}. */
  private List<String> excluded() {
    List<String> excluded = new ArrayList<>(root.texts("exclude"));
    excluded.addAll(root.texts("full_precision"));
    return excluded;
  }

  private IntegerFormat weight() {
    PlanNode weight =
        root.child("weight")
            .orElseThrow(() -> root.failure("weight is missing; a plan says at least weight.bits"));
    weight.allowOnly("bits", "symmetric", "grid", "damping", "inputs");
    return new IntegerFormat(
        weight.bits("bits").orElseThrow(() -> weight.invalid("bits", "between 2 and 8")),
        weight.bool("symmetric").orElse(false));
  }

  private WeightScheme scheme() {
    PlanNode weight = root.child("weight").orElseThrow();
    WeightGrid grid =
        weight
            .choice("grid", "minmax", "mse-search", "output-search", "gptq")
            .map(text -> WeightGrid.valueOf(text.replace('-', '_').toUpperCase(Locale.ROOT)))
            .orElse(WeightGrid.MINMAX);
    Optional<Double> damping = weight.number("damping", 1e-6, 1);
    if (damping.isPresent() && grid != WeightGrid.GPTQ) {
      throw weight.contradiction("damping", "weight.grid is not gptq, which alone is damped");
    }
    boolean blockwise =
        weight
            .choice("inputs", "full-precision", "quantized")
            .filter("quantized"::equals)
            .isPresent();
    if (blockwise && grid != WeightGrid.GPTQ) {
      throw weight.contradiction("inputs", "weight.grid is not gptq, which alone goes by inputs");
    }
    return new WeightScheme(
        grid, damping.orElse(WeightScheme.DEFAULT_DAMPING), rotation(), rank(), blockwise);
  }

  private Optional<RotationSettings> rotation() {
    Optional<PlanNode> node = root.child("rotation");
    node.ifPresent(r -> r.allowOnly("matrix", "block", "seed", "layers"));
    return node.map(
        r -> {
          Rotation.Kind kind =
              r.choice("matrix", "hadamard", "regular")
                  .map(text -> Rotation.Kind.valueOf(text.toUpperCase(Locale.ROOT)))
                  .orElse(Rotation.Kind.HADAMARD);
          Optional<Integer> block =
              r.raw("block").isTextual() && r.raw("block").textValue().equals("all")
                  ? Optional.empty()
                  : r.integer("block", 4, LARGEST_BLOCK);
          if (kind == Rotation.Kind.REGULAR && !r.has("block")) {
            block = Optional.of(REGULAR_BLOCK);
          }
          if (block.isPresent() && !Rotation.exists(kind, block.get())) {
            throw r.contradiction(
                "block",
                kind == Rotation.Kind.REGULAR
                    ? "regular matrices have orders 4, 16, 64, 256, ..."
                    : "there is no Hadamard matrix of this order here; take a power of two");
          }
          // Signs would undo what regular matrices are for, and exchanged files have none.
          OptionalLong seed =
              kind == Rotation.Kind.REGULAR && !r.has("seed")
                  ? OptionalLong.empty()
                  : OptionalLong.of(r.integer("seed", 0, Integer.MAX_VALUE).orElse(0));
          return new RotationSettings(
              kind,
              block.isPresent() ? OptionalInt.of(block.get()) : OptionalInt.empty(),
              seed,
              r.texts("layers"));
        });
  }

  private int rank() {
    Optional<PlanNode> node = root.child("low_rank");
    node.ifPresent(r -> r.allowOnly("rank"));
    return node.map(
            r ->
                r.integer("rank", 1, MAX_RANK)
                    .orElseThrow(() -> r.invalid("rank", "between 1 and " + MAX_RANK)))
        .orElse(0);
  }

  /** One precision, or one per kind; what is left out is float32. */
  private AttentionPrecisions attention() {
    if (!root.raw("attention").isObject()) {
      return AttentionPrecisions.all(attention(root, "attention"));
    }
    PlanNode kinds = root.child("attention").orElseThrow();
    kinds.allowOnly("self", "temporal", "cross");
    return new AttentionPrecisions(
        attention(kinds, "self"), attention(kinds, "temporal"), attention(kinds, "cross"));
  }

  private static AttentionPrecision attention(PlanNode node, String key) {
    return node.choice(key, "fp32", "bf16", "int8")
        .map(text -> AttentionPrecision.valueOf(text.toUpperCase(Locale.ROOT)))
        .orElse(AttentionPrecision.FP32);
  }

  private ActivationSettings activation() {
    Optional<PlanNode> node = root.child("activation");
    if (node.isEmpty()) {
      return ActivationSettings.of(
          ActivationMode.DYNAMIC_TOKEN, IntegerFormat.asymmetric(DEFAULT_BITS));
    }
    PlanNode activation = node.get();
    activation.allowOnly("mode", "bits", "symmetric", "running_stat", "momentum", "range");
    ActivationMode mode =
        activation
            .choice(
                "mode", "dynamic_token", "dynamic_token_shared", "static_tensor", "static_token")
            .map(text -> ActivationMode.valueOf(text.toUpperCase(Locale.ROOT)))
            .orElse(ActivationMode.DYNAMIC_TOKEN);
    boolean runningStat = activation.bool("running_stat").orElse(false);
    if (runningStat && !mode.isStatic()) {
      throw activation.contradiction(
          "running_stat", "activation.mode is dynamic, which keeps no statistics");
    }
    boolean searchesRange =
        activation.choice("range", "minmax", "mse-search").filter("mse-search"::equals).isPresent();
    if (searchesRange && mode != ActivationMode.STATIC_TENSOR) {
      throw activation.contradiction("range", "only a static grid per tensor is searched");
    }
    if (searchesRange && runningStat) {
      throw activation.contradiction("running_stat", "activation.range is searched instead");
    }
    return new ActivationSettings(
        mode,
        new IntegerFormat(
            activation.bits("bits").orElse(DEFAULT_BITS),
            activation.bool("symmetric").orElse(false)),
        runningStat,
        activation.number("momentum", 0, 0.9999).orElse(ActivationSettings.DEFAULT_MOMENTUM),
        searchesRange);
  }

  private Optional<Balancing> balancing() {
    Optional<PlanNode> node = root.child("balance");
    node.ifPresent(
        b ->
            b.allowOnly("alpha", "ranges", "range_weights", "momentum", "zero_stat_eps", "layers"));
    return node.map(b -> BalancingParser.parse(b, "ranges", b.texts("layers")));
  }

  private List<Integer> candidates() {
    Optional<PlanNode> node = root.child("mixed_precision");
    node.ifPresent(m -> m.allowOnly("candidates", "weight", "activation"));
    return node.map(m -> m.integers("candidates", 2, 8)).orElse(List.of());
  }

  /** A map given inline or as the path of its file. */
  private Optional<StepBitMap> map(String key, List<Integer> candidates) {
    Optional<PlanNode> node = root.child("mixed_precision").filter(m -> m.has(key));
    return node.map(
        m ->
            new StepBitMapParser(candidates, key.equals("weight"), warnings)
                .parse(
                    m.raw(key).isObject()
                        ? m.child(key).orElseThrow()
                        : PlanYaml.read(files.find(m, key))));
  }

  private CalibrationSettings calibration() {
    Optional<PlanNode> node = root.child("calibration");
    node.ifPresent(c -> c.allowOnly("samples", "steps"));
    return node.map(
            c ->
                new CalibrationSettings(
                    c.integer("samples", 0, 100_000).orElse(CalibrationSettings.DEFAULT.samples()),
                    c.integer("steps", 1, 1000)))
        .orElse(CalibrationSettings.DEFAULT);
  }

  private static LayerOverride override(PlanNode node) {
    node.allowOnly("match", "weight_bits", "weight_symmetric", "activation_bits");
    return new LayerOverride(
        node.text("match").orElseThrow(() -> node.invalid("match", "part of a layer name")),
        node.bits("weight_bits"),
        node.bool("weight_symmetric"),
        node.bits("activation_bits"));
  }
}
