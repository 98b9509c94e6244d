package org.viditq.quantize.sensitivity;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.viditq.core.model.LinearLayer;
import org.viditq.quantize.metric.clip.ClipMetric;

/** Random sensitivities of the right form. */
public final class Tables {
  public static final String PLAN = "weight: {bits: 8}\n";

  private static final LinearLayer.Type[] TYPES = {
    LinearLayer.Type.SELF_ATTENTION,
    LinearLayer.Type.CROSS_ATTENTION,
    LinearLayer.Type.TEMPORAL_ATTENTION,
    LinearLayer.Type.FEED_FORWARD
  };

  private Tables() {}

  public static SensitivityTable random(long seed, int units, int ranges, List<Integer> bits) {
    return random(seed, units, ranges, bits, PLAN);
  }

  public static SensitivityTable random(
      long seed, int units, int ranges, List<Integer> bits, String plan) {
    Random random = new Random(seed);
    int prompts = 3;
    List<SensitivityTable.Metric> metrics = new ArrayList<>();
    for (String id : List.of("mse", "ssim", "scene-alignment", "warping-error")) {
      List<Double> reference = new ArrayList<>();
      for (int i = 0; i < prompts; i++) {
        reference.add(random.nextDouble());
      }
      metrics.add(
          new SensitivityTable.Metric(
              id,
              id.equals("ssim") || id.equals("scene-alignment")
                  ? ClipMetric.Direction.HIGHER
                  : ClipMetric.Direction.LOWER,
              reference));
    }
    List<SensitivityTable.Unit> all = new ArrayList<>();
    List<SensitivityTable.Result> results = new ArrayList<>();
    for (int unit = 0; unit < units; unit++) {
      LinearLayer.Type type = TYPES[unit % TYPES.length];
      String metric =
          switch (type) {
            case CROSS_ATTENTION -> "scene-alignment";
            case TEMPORAL_ATTENTION -> "warping-error";
            default -> "ssim";
          };
      List<SensitivityTable.Layer> layers = new ArrayList<>();
      for (int k = 0; k <= random.nextInt(2); k++) {
        long weights = 64L * (1 + random.nextInt(9));
        Map<Integer, Long> bytes = new LinkedHashMap<>();
        bits.forEach(b -> bytes.put(b, weights * (b > 4 ? 8 : 4) / 8 + 40));
        layers.add(
            new SensitivityTable.Layer(
                "blocks." + unit + ".l" + k, List.of("b." + unit + "." + k), weights, bytes));
      }
      all.add(new SensitivityTable.Unit("unit " + unit, type, metric, layers));
      for (int range = 0; range < ranges; range++) {
        for (int width : bits) {
          Map<String, double[]> worsening = new LinkedHashMap<>();
          for (String id : List.of("mse", metric)) {
            double[] values = new double[prompts];
            for (int i = 0; i < prompts; i++) {
              values[i] = Math.pow(2, -width) * random.nextDouble() - (id.equals("mse") ? 0 : 0.01);
            }
            worsening.put(id, values);
          }
          results.add(new SensitivityTable.Result(unit, range, width, worsening));
        }
      }
    }
    return new SensitivityTable(
        Map.of("model", "tiny"), "w8a8", plan, 20, ranges, bits, metrics, all, results);
  }
}
