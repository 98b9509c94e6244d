package org.viditq.quantize.plan;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.quant.IntegerFormat;

/**
 * Plan files of the published ViDiT-Q code, as they are.
 *
 * <p>A key that this parser does not know is an error if it looks like a misspelling of a known
 * one, and otherwise left out with a warning, because the published files carry keys of other
 * scripts.
 */
final class PublishedPlanParser {
  private static final List<String> EVERY_LAYER = List.of("*");

  private static final int DEFAULT_BITS = 8;

  private static final String ONE_GRID =
      "static grids are not kept per timestep here; use dynamic grids, or timerange of smooth_quant";

  private final PlanNode root;
  private final PlanFiles files;
  private final Consumer<String> warnings;
  private boolean rotated;

  PublishedPlanParser(PlanNode root, PlanFiles files, Consumer<String> warnings) {
    this.root = root;
    this.files = files;
    this.warnings = warnings;
  }

  /** Whether a file is in this form. */
  static boolean recognizes(PlanNode root) {
    return root.has("quant");
  }

  QuantizationPlan parse(
      String name, Optional<PlanNode> weightMap, Optional<PlanNode> activationMap) {
    checkKeys(
        root,
        "part_fp_list",
        "part_quant_list",
        "smooth_quant_list",
        "timestep_wise",
        "quarot",
        "resume_with_w_quantized",
        "model",
        "conditional",
        "cfg_split",
        "mixed_precision",
        "calib_data",
        "quant");
    root.child("model").ifPresent(m -> checkKeys(m, "model_id", "model_type"));
    root.bool("conditional");
    root.bool("cfg_split");
    requireOff(root, "timestep_wise", ONE_GRID);
    rotated = root.bool("quarot").orElse(false);
    requireNoCheckpoint(root);
    PlanNode quant = root.child("quant").orElseThrow();
    requireNoCheckpoint(quant);
    checkKeys(quant, "weight", "activation", "grad_checkpoint", "resume_with_w_quantized");
    PlanNode weightNode = quantizer(quant, "weight");
    PlanNode activationNode = quantizer(quant, "activation");

    IntegerFormat weight = weight(weightNode);
    ActivationSettings activation = activation(activationNode);
    if (activation.mode().isStatic() && root.child("calib_data").isEmpty()) {
      throw activationNode.failure(
          activationNode.name("dynamic")
              + " is false, but calib_data is missing; static grids need calibration data");
    }
    List<Integer> candidates = root.integers("mixed_precision", 2, 8);
    if (!candidates.isEmpty() && !candidates.contains(weight.bits())) {
      throw weightNode.contradiction("n_bits", "mixed_precision lists " + candidates);
    }
    return new QuantizationPlan(
        name,
        "",
        weight,
        activation,
        balancing(activationNode),
        PatternSyntax.PATH,
        quantized(),
        List.of(),
        names("part_fp_list"),
        List.of(),
        candidates,
        weightMap.map(new StepBitMapParser(candidates, true, warnings)::parse),
        activationMap.map(new StepBitMapParser(List.of(), false, warnings)::parse),
        calibration(),
        rotated ? WeightScheme.rotated(RotationSettings.published(List.of())) : WeightScheme.PLAIN,
        AttentionPrecisions.FLOAT);
  }

  /**
   * Published plans quantize every layer that their list of full-precision layers does not name;
   * without that list the layers of the other one, and without either what the wrappers of the
   * published code decide. There, options choose between the lists; the released commands take the
   * first.
   */
  private List<String> quantized() {
    if (root.has("part_fp_list")) {
      if (root.has("part_quant_list")) {
        warnings.accept(
            root.source()
                + ": key part_quant_list is left out, because part_fp_list says what is not"
                + " quantized.");
      }
      return EVERY_LAYER;
    }
    return names("part_quant_list");
  }

  /** Weights that were quantized before are an input of their own here. */
  private static void requireNoCheckpoint(PlanNode node) {
    Optional<PlanNode> resumed = node.child("resume_with_w_quantized");
    if (resumed.isPresent() && resumed.get().has("path")) {
      throw resumed
          .get()
          .contradiction(
              "path", "checkpoints of the published code cannot be continued; leave it empty");
    }
  }

  private static void requireOff(PlanNode node, String key, String reason) {
    if (node.bool(key).orElse(false)) {
      throw node.contradiction(key, reason);
    }
  }

  private PlanNode quantizer(PlanNode quant, String key) {
    PlanNode side =
        quant
            .child(key)
            .orElseThrow(
                () -> root.failure(quant.name(key) + " is missing; both sides are quantized"));
    checkKeys(side, "quantizer", "optimization");
    if (side.child("optimization").filter(o -> o.has("params")).isPresent()) {
      warnings.accept(
          root.source()
              + ": key "
              + side.name("optimization")
              + ".params is left out; grids are those of minima and maxima, not learned.");
    }
    return side.child("quantizer")
        .orElseThrow(() -> root.failure(side.name("quantizer") + " is missing"));
  }

  private IntegerFormat weight(PlanNode node) {
    checkKeys(
        node,
        "n_bits",
        "per_group",
        "channel_wise",
        "channel_dim",
        "scale_method",
        "round_mode",
        "timestep_wise",
        "sym");
    checkMethods(node);
    requireOff(node, "timestep_wise", ONE_GRID);
    node.choice("per_group", "channel");
    if (!node.bool("channel_wise").orElse(true)) {
      throw node.invalid("channel_wise", "true; weights have one grid per output channel");
    }
    node.integer("channel_dim", 0, 0);
    return format(node);
  }

  private ActivationSettings activation(PlanNode node) {
    checkKeys(
        node,
        "n_bits",
        "per_group",
        "dynamic",
        "scale_method",
        "round_mode",
        "running_stat",
        "momentum",
        "sym",
        "n_spatial_token",
        "n_temporal_token",
        "n_prompt",
        "timestep_wise",
        "quarot",
        "channel_wise",
        "softmax",
        "smooth_quant");
    checkMethods(node);
    requireOff(node, "timestep_wise", ONE_GRID);
    rotated |= node.bool("quarot").orElse(false);
    requireOff(node, "channel_wise", "inputs have one grid per token or per tensor");
    node.child("softmax")
        .filter(softmax -> softmax.keys().stream().anyMatch(softmax::has))
        .ifPresent(
            softmax ->
                warnings.accept(
                    root.source()
                        + ": key "
                        + node.name("softmax")
                        + " is left out; attention stays in full precision."));
    boolean token = perToken(node);
    boolean dynamic = node.bool("dynamic").orElse(false);
    if (dynamic && !token) {
      throw node.contradiction(
          "dynamic", node.name("per_group") + " is not token; dynamic grids are per token");
    }
    ActivationMode mode =
        dynamic
            ? ActivationMode.DYNAMIC_TOKEN
            : token ? ActivationMode.STATIC_TOKEN : ActivationMode.STATIC_TENSOR;
    return new ActivationSettings(
        mode,
        format(node),
        // The published dynamic configurations leave the flag on; it has no effect there.
        !dynamic && node.bool("running_stat").orElse(false),
        node.number("momentum", 0, 0.9999).orElse(ActivationSettings.DEFAULT_MOMENTUM));
  }

  /** per_group is {@code token} or {@code False}. */
  private static boolean perToken(PlanNode node) {
    if (node.raw("per_group").isTextual()) {
      return node.choice("per_group", "token", "tensor").map("token"::equals).orElse(false);
    }
    if (node.bool("per_group").orElse(false)) {
      throw node.invalid("per_group", "token or False");
    }
    return false;
  }

  private Optional<Balancing> balancing(PlanNode activation) {
    Optional<PlanNode> node = activation.child("smooth_quant");
    node.ifPresent(
        s ->
            checkKeys(
                s,
                "enable",
                "channel_wise_scale_type",
                "momentum",
                "alpha",
                "timerange",
                "zero_stat_eps"));
    return node.filter(s -> s.bool("enable").orElse(false))
        .map(
            s -> {
              s.choice("channel_wise_scale_type", "momentum_act_max");
              return BalancingParser.parse(s, "timerange", names("smooth_quant_list"));
            });
  }

  private CalibrationSettings calibration() {
    Optional<PlanNode> node = root.child("calib_data");
    node.ifPresent(
        c -> checkKeys(c, "path", "n_steps", "batch_size", "n_samples", "iters_w", "iters_a"));
    return node.map(
            c ->
                new CalibrationSettings(
                    c.integer("n_samples", 1, 100_000)
                        .orElse(CalibrationSettings.DEFAULT.samples()),
                    c.integer("n_steps", 1, 1000)))
        .orElse(CalibrationSettings.DEFAULT);
  }

  private List<String> names(String key) {
    return root.has(key)
        ? files.lines(root, key).stream()
            .map(name -> name.startsWith("model.") ? name.substring("model.".length()) : name)
            .toList()
        : List.of();
  }

  private static IntegerFormat format(PlanNode node) {
    return new IntegerFormat(
        node.bits("n_bits").orElse(DEFAULT_BITS), node.bool("sym").orElse(false));
  }

  private static void checkMethods(PlanNode node) {
    node.choice("scale_method", "min_max", "max");
    node.choice("round_mode", "nearest", "nearest_ste");
  }

  private void checkKeys(PlanNode node, String... known) {
    for (String key : node.keys()) {
      if (List.of(known).contains(key)) {
        continue;
      }
      if (Suggestion.find(key, List.of(known)).isPresent()) {
        throw node.unknownKey(key, List.of(known));
      }
      warnings.accept(
          node.source() + ": key " + node.name(key) + " has no meaning here and is left out.");
    }
  }
}
