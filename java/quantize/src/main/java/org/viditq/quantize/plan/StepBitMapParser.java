package org.viditq.quantize.plan;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.core.quant.TimestepRange;

/**
 * Mixed-precision maps: ranges of sampling step indices written high-low ({@code 19-15}; the
 * highest is the noisiest step), and under each {@code model.<qualified layer name>: bits}.
 */
final class StepBitMapParser {
  private static final Pattern STEPS = Pattern.compile("(\\d{1,4})(?:\\s*-\\s*(\\d{1,4}))?");
  private static final String MODEL_PREFIX = "model.";

  private StepBitMapParser() {}

  /**
   * @param candidates widths that the plan allows; empty for any
   */
  static StepBitMap parse(PlanNode node, List<Integer> candidates) {
    // Ordered by step index: first index -> last index of the part, and its key.
    TreeMap<Integer, Integer> lastStep = new TreeMap<>();
    Map<Integer, String> keys = new HashMap<>();
    for (String key : node.keys()) {
      Matcher steps = STEPS.matcher(key.strip());
      if (!steps.matches()) {
        throw node.failure(
            "key "
                + node.name(key)
                + " is no range of sampling steps; write the higher step first, for example 19-15");
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
    List<StepBitMap.Part> parts =
        lastStep.entrySet().stream()
            .map(
                range ->
                    new StepBitMap.Part(
                        timesteps(range.getKey(), range.getValue(), steps),
                        bits(node, keys.get(range.getKey()), candidates)))
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

  private static Map<String, Integer> bits(PlanNode node, String range, List<Integer> candidates) {
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
