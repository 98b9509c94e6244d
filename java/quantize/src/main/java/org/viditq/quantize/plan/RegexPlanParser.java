package org.viditq.quantize.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;

/**
 * The later form of plan files of the published ViDiT-Q code, which names layers by regular
 * expressions: widths under {@code weight} and {@code act}, what is left alone under {@code
 * remain_fp_regex}, and lists of expressions by width under {@code mixed_precision}. Inputs have
 * dynamic grids, one per token.
 *
 * <p>Its α is 1 minus that of the earlier form: there the weight's maximum is raised to it.
 */
final class RegexPlanParser {
  private static final int DEFAULT_BITS = 8;

  private final PlanNode root;
  private final Consumer<String> warnings;

  RegexPlanParser(PlanNode root, Consumer<String> warnings) {
    this.root = root;
    this.warnings = warnings;
  }

  /** Whether a file is in this form. */
  static boolean recognizes(PlanNode root) {
    return root.has("act") || root.has("remain_fp_regex");
  }

  QuantizationPlan parse(String name) {
    root.allowOnly(
        "model",
        "conditional",
        "cfg_split",
        "remain_fp_regex",
        "mixed_precision",
        "smooth_quant",
        "viditq",
        "quarot",
        "calib_data",
        "weight",
        "act");
    PlanNode weight = side("weight");
    PlanNode activation = side("act");
    List<String> fullPrecision = new ArrayList<>();
    expression(root, "remain_fp_regex").ifPresent(fullPrecision::add);
    List<LayerOverride> overrides = new ArrayList<>();
    addOverrides("weight", widths(weight), true, fullPrecision, overrides);
    addOverrides("act", widths(activation), false, fullPrecision, overrides);
    return new QuantizationPlan(
        name,
        "",
        format(weight),
        ActivationSettings.of(ActivationMode.DYNAMIC_TOKEN, format(activation)),
        balancing(),
        PatternSyntax.REGULAR_EXPRESSION,
        List.of(""),
        List.of(),
        fullPrecision,
        overrides,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        CalibrationSettings.DEFAULT,
        rotation().map(WeightScheme::rotated).orElse(WeightScheme.PLAIN),
        AttentionPrecisions.FLOAT);
  }

  private PlanNode side(String key) {
    PlanNode side =
        root.child(key)
            .orElseThrow(() -> root.failure(key + " is missing; both sides are quantized"));
    side.allowOnly("n_bits", "i_bitwidth", "sym");
    return side;
  }

  /** One width, or those that mixed precision chooses from. */
  private static List<Integer> widths(PlanNode side) {
    return side.raw("n_bits").isArray()
        ? side.integers("n_bits", 2, 8)
        : List.of(side.bits("n_bits").orElse(DEFAULT_BITS));
  }

  private static IntegerFormat format(PlanNode side) {
    List<Integer> widths = widths(side);
    if (widths.isEmpty()) {
      throw side.invalid("n_bits", "a width or a list of widths");
    }
    int index = side.integer("i_bitwidth", 0, widths.size() - 1).orElse(widths.size() - 1);
    return new IntegerFormat(widths.get(index), side.bool("sym").orElse(false));
  }

  /**
   * Expression 0 of a list names layers that stay in full precision, expression i those of the i-th
   * width; an empty one names none, and a later one wins.
   */
  private void addOverrides(
      String side,
      List<Integer> widths,
      boolean ofWeights,
      List<String> fullPrecision,
      List<LayerOverride> overrides) {
    Optional<PlanNode> mixed = root.child("mixed_precision");
    mixed.ifPresent(m -> m.allowOnly("weight", "act"));
    Optional<PlanNode> node = mixed.flatMap(m -> m.child(side));
    if (node.isEmpty()) {
      return;
    }
    node.get().allowOnly("layer_name_regex");
    String key = "layer_name_regex";
    List<String> expressions = node.get().expressions(key);
    if (expressions.size() > widths.size() + 1) {
      throw node.get()
          .contradiction(
              key,
              side
                  + ".n_bits lists "
                  + widths
                  + ": give an expression for full precision and one for each width");
    }
    for (int i = 0; i < expressions.size(); i++) {
      String expression = expressions.get(i);
      if (expression.isEmpty()) {
        continue;
      }
      requireValid(node.get(), key, expression);
      if (i == 0) {
        fullPrecision.add(expression);
      } else {
        Optional<Integer> bits = Optional.of(widths.get(i - 1));
        overrides.add(
            new LayerOverride(
                expression,
                ofWeights ? bits : Optional.empty(),
                Optional.empty(),
                ofWeights ? Optional.empty() : bits));
      }
    }
  }

  /** Of layers that are balanced and rotated, or rotated only. */
  private Optional<RotationSettings> rotation() {
    String key = root.has("viditq") ? "viditq" : "quarot";
    if (root.has("viditq") && root.has("quarot")) {
      throw root.contradiction("quarot", "viditq rotates, too; give one of them");
    }
    Optional<PlanNode> node = root.child(key);
    node.ifPresent(
        n -> {
          if (key.equals("quarot")) {
            n.allowOnly("layer_name_regex");
          }
        });
    return node.map(
        n ->
            RotationSettings.published(
                expression(n, "layer_name_regex").map(List::of).orElse(List.of())));
  }

  private Optional<Balancing> balancing() {
    String key = root.has("viditq") ? "viditq" : "smooth_quant";
    if (root.has("viditq") && root.has("smooth_quant")) {
      throw root.contradiction("smooth_quant", "viditq balances, too; give one of them");
    }
    Optional<PlanNode> node = root.child(key);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    node.get().allowOnly("alpha", "layer_name_regex");
    double alpha =
        node.get()
            .number("alpha", 0, 1)
            .orElseThrow(() -> node.get().invalid("alpha", "a number from 0 to 1"));
    warnings.accept(
        root.source()
            + ": "
            + key
            + ".alpha "
            + alpha
            + " is the weight's exponent in this form of plan; it counts as alpha "
            + (1 - alpha)
            + " of the activation.");
    return Optional.of(
        new Balancing(
            List.of(new Balancing.Range(TimestepRange.ALL, 1 - alpha)),
            ActivationSettings.DEFAULT_MOMENTUM,
            Balancing.DEFAULT_ZERO_STAT_EPS,
            expression(node.get(), "layer_name_regex").map(List::of).orElse(List.of())));
  }

  private static Optional<String> expression(PlanNode node, String key) {
    Optional<String> expression = node.text(key);
    expression.ifPresent(text -> requireValid(node, key, text));
    return expression;
  }

  private static void requireValid(PlanNode node, String key, String expression) {
    try {
      PatternSyntax.REGULAR_EXPRESSION.compile(expression);
    } catch (IllegalArgumentException malformed) {
      throw node.contradiction(
          key, "\"" + expression + "\" is no regular expression: " + malformed.getMessage());
    }
  }
}
