package org.viditq.cli.inspect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.viditq.cli.console.Console;
import org.viditq.core.error.Printable;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.quantize.plan.Balancing;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.LayerOverride;
import org.viditq.quantize.plan.PlanIdentity;
import org.viditq.quantize.plan.PlanReader;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.plan.RotationSettings;
import org.viditq.quantize.plan.StepBitMap;
import org.viditq.quantize.plan.WeightGrid;
import org.viditq.quantize.plan.WeightScheme;

/**
 * What a plan or a mixed-precision map says, in lines of a key and a value.
 *
 * @param lines by key, in order
 */
record PlanSurvey(List<Map.Entry<String, String>> lines) {
  /** Whether a path is that of a YAML file, or the name of a built-in plan and of no file. */
  static boolean accepts(Path path) {
    String name = path.toString();
    return name.endsWith(".yaml")
        || name.endsWith(".yml")
        || BuiltInPlans.names().contains(name) && !Files.exists(path);
  }

  static PlanSurvey of(Path path) {
    if (Files.exists(path) && PlanReader.isMap(path)) {
      return of(new PlanReader().readMap(path));
    }
    return of(BuiltInPlans.find(path.toString()));
  }

  private static PlanSurvey of(QuantizationPlan plan) {
    List<Map.Entry<String, String>> lines = new ArrayList<>();
    lines.add(Map.entry("plan", plan.name()));
    if (!plan.description().isEmpty()) {
      lines.add(Map.entry("description", plan.description()));
    }
    lines.add(Map.entry("weights", format(plan.weight()) + grid(plan.scheme())));
    lines.add(
        Map.entry(
            "activations",
            format(plan.activation().format())
                + ", "
                + plan.activation().mode().name().toLowerCase(Locale.ROOT)));
    plan.balancing().ifPresent(balancing -> add(lines, balancing));
    plan.scheme()
        .rotation()
        .ifPresent(rotation -> lines.add(Map.entry("rotation", rotation(rotation))));
    if (plan.scheme().rank() > 0) {
      lines.add(Map.entry("low rank", "a branch of rank " + plan.scheme().rank()));
    }
    if (!plan.attention().equals(AttentionPrecisions.FLOAT)) {
      lines.add(Map.entry("attention", attention(plan.attention())));
    }
    add(lines, "quantize", plan.quantize());
    add(lines, "include", plan.include());
    add(lines, "exclude", plan.keepFullPrecision());
    for (LayerOverride override : plan.overrides()) {
      lines.add(
          Map.entry(
              "layers",
              override.pattern()
                  + override.weightBits().map(bits -> ", weights " + bits + " bits").orElse("")
                  + override
                      .activationBits()
                      .map(bits -> ", activations " + bits + " bits")
                      .orElse("")));
    }
    plan.weightBits().ifPresent(map -> add(lines, "weight map", map));
    plan.activationBits().ifPresent(map -> add(lines, "activation map", map));
    lines.add(
        Map.entry("calibration", plan.needsCalibration() ? "needs statistics" : "needs none"));
    lines.add(Map.entry("sha256", PlanIdentity.of(plan)));
    return new PlanSurvey(lines);
  }

  private static PlanSurvey of(StepBitMap map) {
    List<Map.Entry<String, String>> lines = new ArrayList<>();
    add(lines, "map", map);
    return new PlanSurvey(lines);
  }

  private static void add(List<Map.Entry<String, String>> lines, Balancing balancing) {
    for (Balancing.Range range : balancing.ranges()) {
      lines.add(
          Map.entry(
              "balancing",
              "alpha "
                  + (balancing.searchesAlpha() ? "searched" : range.alpha())
                  + (balancing.findsRanges()
                      ? " in a range that the statistics tell"
                      : " from timestep "
                          + (long) range.timesteps().start()
                          + " to below "
                          + (long) range.timesteps().end())
                  + (balancing.sharesWeights() ? ", codes of all ranges" : "")
                  + layers(balancing.layers())));
    }
  }

  private static void add(List<Map.Entry<String, String>> lines, String key, StepBitMap map) {
    for (StepBitMap.Part part : map.parts()) {
      Map<Integer, Long> layers = new TreeMap<>();
      part.bits().values().forEach(bits -> layers.merge(bits, 1L, Long::sum));
      lines.add(
          Map.entry(
              key,
              "timesteps from "
                  + (long) part.timesteps().start()
                  + " to below "
                  + (long) part.timesteps().end()
                  + ": layers by bits "
                  + layers
                  + (part.fullPrecision().isEmpty()
                      ? ""
                      : ", in full precision " + part.fullPrecision())));
    }
  }

  private static void add(
      List<Map.Entry<String, String>> lines, String key, List<String> patterns) {
    if (!patterns.isEmpty()) {
      lines.add(Map.entry(key, String.join(", ", patterns)));
    }
  }

  private static String grid(WeightScheme scheme) {
    return scheme.grid() == WeightGrid.MINMAX
        ? ""
        : ", grid " + word(scheme.grid()) + (scheme.blockwise() ? " by quantized inputs" : "");
  }

  private static String rotation(RotationSettings rotation) {
    return word(rotation.kind())
        + (rotation.block().isPresent()
            ? ", up to " + rotation.block().getAsInt() + " channels"
            : ", all channels")
        + layers(rotation.layers());
  }

  private static String attention(AttentionPrecisions attention) {
    return "self "
        + word(attention.self())
        + ", temporal "
        + word(attention.temporal())
        + ", cross "
        + word(attention.cross());
  }

  private static String layers(List<String> patterns) {
    return patterns.isEmpty() ? "" : ", layers " + patterns;
  }

  /** As plans write it. */
  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String format(IntegerFormat format) {
    return format.bits() + " bits, " + (format.symmetric() ? "symmetric" : "asymmetric");
  }

  void print(Console console) {
    ObjectNode root = Console.object();
    for (Map.Entry<String, String> line : lines) {
      console.result(line.getKey() + ": " + Printable.line(line.getValue()));
      ArrayNode values = root.withArray(line.getKey());
      values.add(line.getValue());
    }
    console.result(root);
  }
}
