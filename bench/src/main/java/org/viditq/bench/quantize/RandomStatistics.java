package org.viditq.bench.quantize;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.SecondMomentRecorder;

/**
 * Calibration statistics of a model that was not run: of random inputs, some of whose channels are
 * 32 times as large as the others. With second moments, as searches need them; projections of
 * queries, keys and values share an input, as those of a self-attention layer do.
 */
final class RandomStatistics {
  private static final int ROWS = 128;
  private static final int OUTLIER_EVERY = 48;
  private static final float OUTLIER = 32;
  private static final List<Double> TIMESTEPS = List.of(900.0, 100.0);

  private RandomStatistics() {}

  /**
   * @param identity of the model, as {@code viditq calibrate} would have written it
   * @param layers of the model; those of its blocks count
   */
  static CalibrationStatistics of(String identity, List<LinearLayer> layers) {
    CalibrationRecorder ranges = new CalibrationRecorder(step -> true);
    SecondMomentRecorder moments = new SecondMomentRecorder(List.of(TimestepRange.ALL));
    SplittableRandom random = new SplittableRandom(1);
    for (double timestep : TIMESTEPS) {
      ranges.begin(timestep);
      moments.begin(timestep);
      for (List<LinearLayer> sharing : sharing(layers)) {
        List<String> names = sharing.stream().map(LinearLayer::name).toList();
        Tensor x = input(random, sharing.get(0).inFeatures());
        ranges.observe(names, x, 1);
        moments.observe(names, x, 1);
      }
    }
    return ranges.statistics(identity).with(moments.moments());
  }

  private static List<List<LinearLayer>> sharing(List<LinearLayer> layers) {
    List<List<LinearLayer>> groups = new ArrayList<>();
    for (LinearLayer layer : layers) {
      if (!layer.quantizedByDefault()) {
        continue;
      }
      boolean follows = layer.name().endsWith(".to_k") || layer.name().endsWith(".to_v");
      List<LinearLayer> last = groups.isEmpty() ? List.of() : groups.get(groups.size() - 1);
      if (follows && !last.isEmpty() && last.get(0).inFeatures() == layer.inFeatures()) {
        last.add(layer);
      } else {
        groups.add(new ArrayList<>(List.of(layer)));
      }
    }
    return groups;
  }

  /** [1, rows, channels]. */
  private static Tensor input(SplittableRandom random, int channels) {
    Tensor x = Tensor.zeros(1, ROWS, channels);
    for (int i = 0; i < x.size(); i++) {
      float value = (float) (2 * random.nextDouble() - 1);
      x.data()[i] = i % channels % OUTLIER_EVERY == 0 ? OUTLIER * value : value;
    }
    return x;
  }
}
