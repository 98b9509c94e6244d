package org.viditq.quantize.sensitivity;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.viditq.core.model.LinearLayer;
import org.viditq.quantize.metric.clip.ClipMetric;

/**
 * What a sweep measured.
 *
 * @param facts settings for people: model, backend, prompts and so on, in order
 * @param planName of the plan whose settings all but the weights' widths have
 * @param planYaml that plan in the product's own form
 * @param steps of a sampling
 * @param ranges number of {@linkplain EqualRanges equal timestep ranges}
 * @param bits widths of weights that were tried, falling
 * @param metrics mean squared error first
 * @param units layers that were quantized together, in the model's order
 * @param results one per unit, range and width that was measured
 */
public record SensitivityTable(
    Map<String, String> facts,
    String planName,
    String planYaml,
    int steps,
    int ranges,
    List<Integer> bits,
    List<Metric> metrics,
    List<Unit> units,
    List<Result> results) {
  public SensitivityTable {
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    bits = List.copyOf(bits);
    metrics = List.copyOf(metrics);
    units = List.copyOf(units);
    results = List.copyOf(results);
  }

  /**
   * A metric.
   *
   * @param id its name
   * @param direction which way is better
   * @param reference what it says of each full-precision clip
   */
  public record Metric(String id, ClipMetric.Direction direction, List<Double> reference) {
    public Metric {
      reference = List.copyOf(reference);
    }
  }

  /**
   * Layers that were quantized together.
   *
   * @param metric id of their type's metric
   */
  public record Unit(String name, LinearLayer.Type type, String metric, List<Layer> layers) {
    public Unit {
      layers = List.copyOf(layers);
    }

    /** Weights of all its layers. */
    public long weights() {
      return layers.stream().mapToLong(Layer::weights).sum();
    }
  }

  /**
   * A layer of a unit.
   *
   * @param published the names that the published code has for it and for no other layer
   * @param weights how many it has
   * @param bytes of one weight set by width: codes, scales, zero points, balancing vector
   */
  public record Layer(String name, List<String> published, long weights, Map<Integer, Long> bytes) {
    public Layer {
      published = List.copyOf(published);
      bytes = Collections.unmodifiableMap(new TreeMap<>(bytes));
    }
  }

  /**
   * What became of the clips.
   *
   * @param unit index of the unit
   * @param range index of the timestep range, 0 for the least noisy one
   * @param worsening by metric id, per prompt: how much worse than full precision, see {@link
   *     ClipMetric#worsening}
   */
  public record Result(int unit, int range, int bits, Map<String, double[]> worsening) {
    public Result {
      worsening = Collections.unmodifiableMap(new LinkedHashMap<>(worsening));
    }

    /** Mean over the prompts. */
    public double mean(String metric) {
      return Arrays.stream(worsening.get(metric)).average().orElseThrow();
    }

    /** Standard error of that mean; 0 for a single prompt. */
    public double standardError(String metric) {
      double[] values = worsening.get(metric);
      if (values.length < 2) {
        return 0;
      }
      double mean = mean(metric);
      double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
      return Math.sqrt(squares / (values.length - 1) / values.length);
    }
  }

  /** Id of the metric that all units have. */
  public String meanSquaredError() {
    return metrics.get(0).id();
  }
}
