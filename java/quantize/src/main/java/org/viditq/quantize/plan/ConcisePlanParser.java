package org.viditq.quantize.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.viditq.core.quant.IntegerFormat;

/** The product's own plan format; see docs/formats.md. */
final class ConcisePlanParser {
  private static final int DEFAULT_BITS = 8;

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
        calibration);
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
    weight.allowOnly("bits", "symmetric");
    return new IntegerFormat(
        weight.bits("bits").orElseThrow(() -> weight.invalid("bits", "between 2 and 8")),
        weight.bool("symmetric").orElse(false));
  }

  private ActivationSettings activation() {
    Optional<PlanNode> node = root.child("activation");
    if (node.isEmpty()) {
      return ActivationSettings.of(
          ActivationMode.DYNAMIC_TOKEN, IntegerFormat.asymmetric(DEFAULT_BITS));
    }
    PlanNode activation = node.get();
    activation.allowOnly("mode", "bits", "symmetric", "running_stat", "momentum");
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
    return new ActivationSettings(
        mode,
        new IntegerFormat(
            activation.bits("bits").orElse(DEFAULT_BITS),
            activation.bool("symmetric").orElse(false)),
        runningStat,
        activation.number("momentum", 0, 0.9999).orElse(ActivationSettings.DEFAULT_MOMENTUM));
  }

  private Optional<Balancing> balancing() {
    Optional<PlanNode> node = root.child("balance");
    node.ifPresent(b -> b.allowOnly("alpha", "ranges", "momentum", "zero_stat_eps", "layers"));
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
