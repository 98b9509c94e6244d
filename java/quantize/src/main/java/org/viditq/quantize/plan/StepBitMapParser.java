package org.viditq.quantize.plan;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.core.quant.TimestepRange;

/**
 * Mixed-precision maps: ranges of sampling step indices written high-low ({@code 19-15}; the
 * highest is the noisiest step), and under each {@code model.<qualified layer name>: bits}; under
 * {@code fp_layers}, by the same ranges, lists of patterns of layers that stay in full precision.
 */
final class StepBitMapParser {
  private static final Pattern STEPS = Pattern.compile("(\\d{1,4})(?:\\s*-\\s*(\\d{1,4}))?");
  private static final String MODEL_PREFIX = "model.";
  private static final String FP_LAYERS = "fp_layers";

  private final List<Integer> candidates;
  private final boolean ofWeights;
  private final Consumer<String> warnings;

  /**
   * @param candidates widths that the plan allows; empty for any
   * @param ofWeights whether it is the map of the weights, whose {@code fp_layers} the published
   *     code goes by
   * @param warnings receives one sentence if {@code fp_layers} is left out
   */
  StepBitMapParser(List<Integer> candidates, boolean ofWeights, Consumer<String> warnings) {
    this.candidates = candidates;
    this.ofWeights = ofWeights;
    this.warnings = warnings;
  }

  /** Whether a file's keys are those of a map. */
  static boolean recognizes(PlanNode node) {
    return node.keys().stream()
        .anyMatch(key -> STEPS.matcher(key.strip()).matches() && node.raw(key).isObject());
  }

  StepBitMap parse(PlanNode node) {
    // Ordered by step index: first index -> last index of the part, and its key.
    TreeMap<Integer, Integer> lastStep = new TreeMap<>();
    Map<Integer, String> keys = new HashMap<>();
    for (String key : node.keys()) {
      if (key.equals(FP_LAYERS)) {
        continue;
      }
      Matcher steps = STEPS.matcher(key.strip());
      if (!steps.matches()) {
        throw node.failure(
            "key "
                + node.name(key)
                + " is neither a range of sampling steps, the higher step first as in 19-15, nor"
                + " fp_layers");
      }
      int high = Integer.parseInt(steps.group(1));
      int low = steps.group(2) == null ? high : Integer.parseInt(steps.group(2));
      if (low > high) {
        throw node.failure(
            "key " + node.name(key) + " must have the higher step first: " + low + "-" + high);
      }
      if (lastStep.put(low, high) != null) {
        throw node.failure("sampling step " + low + " starts two ranges");
      }
      keys.put(low, key);
    }
    if (lastStep.isEmpty()) {
      throw node.failure("a mixed-precision map needs at least one range of sampling steps");
    }
    int steps = requireTiling(node, lastStep);
    Map<String, List<String>> fullPrecision = fullPrecision(node, keys);
    List<StepBitMap.Part> parts =
        lastStep.entrySet().stream()
            .map(
                range ->
                    new StepBitMap.Part(
                        timesteps(range.getKey(), range.getValue(), steps),
                        bits(node, keys.get(range.getKey())),
                        fullPrecision.getOrDefault(keys.get(range.getKey()), List.of())))
            .toList();
    return new StepBitMap(node.source(), parts);
  }

  /** Number of sampling steps. */
  private static int requireTiling(PlanNode node, TreeMap<Integer, Integer> lastStep) {
    int next = 0;
    for (Map.Entry<Integer, Integer> range : lastStep.entrySet()) {
      if (range.getKey() != next) {
        throw node.failure(
            "sampling step "
                + Math.min(next, range.getKey())
                + (range.getKey() > next ? " belongs to no range" : " belongs to two ranges"));
      }
      next = range.getValue() + 1;
    }
    return next;
  }

  /** Step i of n covers [1000 i/n, 1000 (i+1)/n); the noisiest one takes timestep 1000 as well. */
  private static TimestepRange timesteps(int low, int high, int steps) {
    double end = high + 1 == steps ? TimestepRange.ALL.end() : 1000.0 * (high + 1) / steps;
    return new TimestepRange(1000.0 * low / steps, end);
  }

  /** Patterns by the range of steps that they go with. */
  private Map<String, List<String>> fullPrecision(PlanNode node, Map<Integer, String> ranges) {
    Optional<PlanNode> lists = node.child(FP_LAYERS);
    if (lists.isEmpty()) {
      return Map.of();
    }
    if (!ofWeights) {
      warnings.accept(
          node.source()
              + ": key "
              + node.name(FP_LAYERS)
              + " is left out, as the published code goes by that of the weights' map.");
      return Map.of();
    }
    Map<String, List<String>> patterns = new HashMap<>();
    for (String range : lists.get().keys()) {
      if (!ranges.containsValue(range)) {
        throw lists
            .get()
            .failure("key " + lists.get().name(range) + " is none of the map's ranges of steps");
      }
      patterns.put(range, lists.get().texts(range));
    }
    return patterns;
  }

  private Map<String, Integer> bits(PlanNode node, String range) {
    Map<String, Integer> bits = new HashMap<>();
    PlanNode layers = node.child(range).orElse(null);
    if (layers == null) {
      return bits; // an empty range leaves every layer at the plan's width
    }
    for (String key : layers.keys()) {
      int width =
          layers.bits(key).orElseThrow(() -> layers.invalid(key, "a bit width between 2 and 8"));
      if (!candidates.isEmpty() && !candidates.contains(width)) {
        throw layers.contradiction(key, "the plan's candidates are " + candidates);
      }
      bits.put(key.startsWith(MODEL_PREFIX) ? key.substring(MODEL_PREFIX.length()) : key, width);
    }
    return bits;
  }
}
