package org.viditq.quantize.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;

/** Works out what a plan means for each linear layer of a model. */
public final class PlanResolver {
  private final QuantizationPlan plan;

  public PlanResolver(QuantizationPlan plan) {
    this.plan = plan;
  }

  /**
   * @param warnings receives one sentence per pattern that matches no layer
   * @return the layers to quantize, in the model's order; the rest stays in full precision
   * @throws InvalidPlanException if a mixed-precision map names a layer that the model lacks, or no
   *     layer is left to quantize
   */
  public Map<String, LayerPlan> resolve(DenoiserModel model, Consumer<String> warnings) {
    return resolve(model.linearLayers(), model.otherParts(), warnings);
  }

  /**
   * As {@link #resolve(DenoiserModel, Consumer)}.
   *
   * @param layers the model's linear layers
   * @param otherParts names that patterns may match without a warning, see {@link
   *     DenoiserModel#otherParts()}
   */
  public Map<String, LayerPlan> resolve(
      List<LinearLayer> layers, List<String> otherParts, Consumer<String> warnings) {
    LayerPatterns patterns =
        new LayerPatterns(plan.name(), plan.patterns(), layers, otherParts, warnings);
    Set<String> quantized =
        plan.quantize().isEmpty()
            ? layers.stream()
                .filter(LinearLayer::quantizedByDefault)
                .map(LinearLayer::name)
                .collect(Collectors.toCollection(LinkedHashSet::new))
            : patterns.matching("quantize", plan.quantize());
    quantized.addAll(patterns.matching("include", plan.include()));
    quantized.removeAll(patterns.matching(excludeKey(), plan.keepFullPrecision()));
    if (plan.weightBits().isPresent()) {
      LayerPatterns paths =
          new LayerPatterns(plan.name(), PatternSyntax.PATH, layers, otherParts, warnings);
      quantized.removeAll(inFullPrecision(plan.weightBits().get(), paths, quantized));
    }
    Set<String> balanced =
        plan.balancing()
            .map(Balancing::layers)
            .filter(names -> !names.isEmpty())
            .map(names -> patterns.matching("balance", names))
            .orElse(quantized);
    Set<String> rotated =
        plan.scheme()
            .rotation()
            .map(RotationSettings::layers)
            .map(names -> names.isEmpty() ? quantized : patterns.matching("rotation", names))
            .orElse(Set.of());
    Map<LayerOverride, Set<String>> overridden = new LinkedHashMap<>();
    for (LayerOverride override : plan.overrides()) {
      overridden.put(override, patterns.matching("layers", List.of(override.pattern())));
    }
    plan.weightBits().ifPresent(map -> requireLayers(map, layers));
    plan.activationBits().ifPresent(map -> requireLayers(map, layers));

    Map<String, LayerPlan> resolved = new LinkedHashMap<>();
    for (LinearLayer candidate : layers) {
      String layer = candidate.name();
      if (quantized.contains(layer)) {
        List<LayerOverride> overrides =
            plan.overrides().stream().filter(o -> overridden.get(o).contains(layer)).toList();
        Optional<Balancing> balancing = plan.balancing().filter(b -> balanced.contains(layer));
        resolved.put(layer, resolve(candidate, overrides, balancing, rotated.contains(layer)));
      }
    }
    if (resolved.isEmpty()) {
      throw new InvalidPlanException(
          "Plan "
              + plan.name()
              + " keeps every linear layer of the model in full precision; check its patterns under"
              + " quantize, include and exclude (published plans: part_fp_list, remain_fp_regex).");
    }
    return resolved;
  }

  /** What the plan's form calls the patterns of layers that are left alone. */
  private String excludeKey() {
    return switch (plan.patterns()) {
      case PART_OF_NAME -> "exclude";
      case PATH -> "part_fp_list";
      case REGULAR_EXPRESSION -> "remain_fp_regex and mixed_precision";
    };
  }

  /**
   * Layers that a map keeps in full precision.
   *
   * @throws InvalidPlanException if it does so in some steps only: a layer here is quantized or not
   */
  private static Set<String> inFullPrecision(
      StepBitMap map, LayerPatterns patterns, Set<String> quantized) {
    Set<String> named = new LinkedHashSet<>();
    map.parts().forEach(part -> named.addAll(part.fullPrecision()));
    Map<String, Set<String>> meant = new LinkedHashMap<>();
    named.forEach(pattern -> meant.put(pattern, patterns.matching("fp_layers", List.of(pattern))));
    Set<String> kept = new LinkedHashSet<>();
    meant.values().forEach(kept::addAll);
    kept.retainAll(quantized);
    for (String layer : kept) {
      for (StepBitMap.Part part : map.parts()) {
        if (part.fullPrecision().stream().noneMatch(p -> meant.get(p).contains(layer))) {
          throw new InvalidPlanException(
              map.source()
                  + ": fp_layers keeps layer "
                  + layer
                  + " in full precision in some ranges of steps but not at timestep "
                  + (long) part.timesteps().start()
                  + "; a layer is quantized in all steps or in none, so name it in every range or"
                  + " in none.");
        }
      }
    }
    return kept;
  }

  private LayerPlan resolve(
      LinearLayer layer,
      List<LayerOverride> overrides,
      Optional<Balancing> balancing,
      boolean rotated) {
    IntegerFormat weight = plan.weight();
    IntegerFormat activation = plan.activation().format();
    for (LayerOverride override : overrides) {
      weight =
          new IntegerFormat(
              override.weightBits().orElse(weight.bits()),
              override.weightSymmetric().orElse(weight.symmetric()));
      activation =
          new IntegerFormat(
              override.activationBits().orElse(activation.bits()), activation.symmetric());
    }
    List<LayerPlan.Part> parts = new ArrayList<>();
    for (TimestepRange range : commonRanges(balancing)) {
      double t = range.start();
      LayerPlan.Part part =
          new LayerPlan.Part(
              range,
              withBits(weight, plan.weightBits(), layer, t),
              withBits(activation, plan.activationBits(), layer, t),
              balancing.flatMap(
                  b -> b.ranges().stream().filter(r -> r.timesteps().contains(t)).findFirst()),
              rotated);
      addOrExtend(parts, part);
    }
    return new LayerPlan(layer.name(), parts);
  }

  /** The coarsest ranges on which neither balancing nor a mixed-precision map changes. */
  private List<TimestepRange> commonRanges(Optional<Balancing> balancing) {
    TreeSet<Double> bounds = new TreeSet<>();
    bounds.add(TimestepRange.ALL.start());
    bounds.add(TimestepRange.ALL.end());
    balancing.ifPresent(b -> b.ranges().forEach(r -> bounds.add(r.timesteps().start())));
    plan.weightBits().ifPresent(m -> m.parts().forEach(p -> bounds.add(p.timesteps().start())));
    plan.activationBits().ifPresent(m -> m.parts().forEach(p -> bounds.add(p.timesteps().start())));
    List<TimestepRange> ranges = new ArrayList<>();
    Double start = null;
    for (double bound : bounds) {
      if (start != null) {
        ranges.add(new TimestepRange(start, bound));
      }
      start = bound;
    }
    return ranges;
  }

  private static IntegerFormat withBits(
      IntegerFormat format, Optional<StepBitMap> map, LinearLayer layer, double timestep) {
    return map.flatMap(m -> m.bits(layer, timestep))
        .map(bits -> new IntegerFormat(bits, format.symmetric()))
        .orElse(format);
  }

  private static void addOrExtend(List<LayerPlan.Part> parts, LayerPlan.Part part) {
    if (!parts.isEmpty()) {
      LayerPlan.Part last = parts.get(parts.size() - 1);
      if (last.weight().equals(part.weight())
          && last.activation().equals(part.activation())
          && last.balance().equals(part.balance())) {
        TimestepRange joined = new TimestepRange(last.timesteps().start(), part.timesteps().end());
        parts.set(
            parts.size() - 1,
            new LayerPlan.Part(
                joined, last.weight(), last.activation(), last.balance(), last.rotated()));
        return;
      }
    }
    parts.add(part);
  }

  private void requireLayers(StepBitMap map, List<LinearLayer> layers) {
    Set<String> known = new LinkedHashSet<>();
    layers.forEach(
        layer -> {
          known.add(layer.name());
          known.addAll(layer.publishedNames());
        });
    for (String layer : map.layers()) {
      if (!known.contains(layer)) {
        throw new InvalidPlanException(
            map.source()
                + " names layer "
                + layer
                + ", which this model lacks"
                + Suggestion.closest(layer, known)
                + ".");
      }
    }
  }
}
