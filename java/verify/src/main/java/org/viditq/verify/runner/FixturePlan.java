package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.ActivationSettings;
import org.viditq.quantize.plan.Balancing;
import org.viditq.quantize.plan.CalibrationSettings;
import org.viditq.quantize.plan.LayerOverride;
import org.viditq.quantize.plan.LayerPlan;
import org.viditq.quantize.plan.PatternSyntax;
import org.viditq.quantize.plan.PlanResolver;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.plan.WeightScheme;
import org.viditq.verify.fixture.FixtureCase;

/** The quantization plan that a case's configuration describes. */
final class FixturePlan {
  private final FixtureCase fixture;

  FixturePlan(FixtureCase fixture) {
    this.fixture = fixture;
  }

  boolean isStatic() {
    return fixture.setting("act_mode").asText().equals("static_tensor");
  }

  IntegerFormat weight() {
    return new IntegerFormat(
        fixture.setting("w_bits").intValue(), fixture.setting("w_symmetric").booleanValue());
  }

  IntegerFormat activation() {
    return new IntegerFormat(
        fixture.setting("a_bits").intValue(), fixture.setting("a_symmetric").booleanValue());
  }

  /** Balancing of the layers whose statistics the case expects; of all where it names none. */
  Optional<Balancing> balancing() {
    JsonNode smooth = fixture.setting("smooth");
    JsonNode settings = smooth.isBoolean() ? fixture.config() : smooth;
    if (smooth.isNull() || smooth.isBoolean() && !smooth.booleanValue()) {
      return Optional.empty();
    }
    List<Balancing.Range> ranges = new ArrayList<>();
    JsonNode alpha = settings.get("alpha");
    for (JsonNode range : settings.get("timerange")) {
      double own = (alpha.isArray() ? alpha.get(ranges.size()) : alpha).doubleValue();
      ranges.add(
          new Balancing.Range(
              TimestepRange.closed(range.get(0).intValue(), range.get(1).intValue()), own));
    }
    return Optional.of(
        new Balancing(
            ranges,
            fixture.setting("smooth_momentum").doubleValue(),
            Balancing.DEFAULT_ZERO_STAT_EPS,
            balancedLayers()));
  }

  private List<String> balancedLayers() {
    return fixture.expected().keySet().stream()
        .filter(name -> name.startsWith("layer.") && name.endsWith(".act_scale"))
        .map(name -> name.substring("layer.".length(), name.length() - ".act_scale".length()))
        .toList();
  }

  QuantizationPlan plan(ActivationMode mode) {
    return new QuantizationPlan(
        fixture.name(),
        "",
        weight(),
        ActivationSettings.of(mode, activation()),
        balancing(),
        PatternSyntax.PART_OF_NAME,
        List.of(),
        List.of(),
        List.of(),
        overrides(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        CalibrationSettings.DEFAULT,
        WeightScheme.PLAIN,
        AttentionPrecisions.FLOAT);
  }

  private List<LayerOverride> overrides() {
    List<LayerOverride> overrides = new ArrayList<>();
    fixture
        .config()
        .path("bits_per_layer")
        .fields()
        .forEachRemaining(
            entry ->
                overrides.add(
                    new LayerOverride(
                        entry.getKey(),
                        Optional.of(entry.getValue().intValue()),
                        Optional.empty(),
                        Optional.empty())));
    return overrides;
  }

  /** What {@code plan} means for the given layers. */
  static Map<String, LayerPlan> resolve(QuantizationPlan plan, List<LinearLayer> layers) {
    return new LinkedHashMap<>(new PlanResolver(plan).resolve(layers, List.of(), warning -> {}));
  }
}
