package org.viditq.quantize.calibrate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.quant.TimestepRange;

/**
 * Timestep ranges cut where the channels' profile changes most. The profile of a calibrated
 * timestep is log2 of the largest magnitude of every channel of every layer, since balancing
 * vectors are powers of these magnitudes; layers count alike, whatever their width. The ranges are
 * those with the smallest sum of squared distances of profiles from the mean of their range: the
 * best of all segmentations into so many, by dynamic programming (Bellman 1961; Fisher 1958 for
 * this criterion). A boundary lies halfway between the calibrated timesteps on its sides.
 */
public final class FoundRanges {
  private static final int LAST = 1000;

  /** A channel that was never seen, relative to the layer's largest. */
  private static final double FLOOR = 0x1p-20;

  private FoundRanges() {}

  /** By the layers that the model's family quantizes by default. */
  public static List<TimestepRange> of(
      CalibrationStatistics statistics, DenoiserModel model, int count) {
    return of(
        statistics,
        model.linearLayers().stream()
            .filter(LinearLayer::quantizedByDefault)
            .map(LinearLayer::name)
            .filter(statistics.layers()::contains)
            .toList(),
        count);
  }

  /**
   * @param count of ranges, at least 1
   * @return in order of time, tiling 0 to 1000
   * @throws InvalidPlanException if fewer whole timesteps than {@code count} were calibrated
   */
  static List<TimestepRange> of(
      CalibrationStatistics statistics, Collection<String> layers, int count) {
    TreeMap<Integer, List<Integer>> batches = new TreeMap<>();
    for (int i = 0; i < statistics.timesteps().size(); i++) {
      batches
          .computeIfAbsent((int) Math.floor(statistics.timesteps().get(i)), t -> new ArrayList<>())
          .add(i);
    }
    List<Integer> times = List.copyOf(batches.keySet());
    if (times.size() < count) {
      throw new InvalidPlanException(
          "The plan wants "
              + count
              + " timestep ranges to be found, but only "
              + times.size()
              + (times.size() == 1 ? " timestep was" : " timesteps were")
              + " calibrated; calibrate more steps.");
    }
    double[][] products = new double[times.size()][times.size()];
    for (String layer : layers) {
      add(profiles(statistics, layer, List.copyOf(batches.values())), products);
    }
    List<TimestepRange> ranges = new ArrayList<>();
    int start = 0;
    for (int first : cut(products, count)) {
      if (first > 0) {
        int end = (times.get(first - 1) + times.get(first)) / 2;
        ranges.add(TimestepRange.closed(start, end));
        start = end + 1;
      }
    }
    ranges.add(TimestepRange.closed(start, LAST));
    return ranges;
  }

  /** The layer's mean profile at each timestep; null where it was not seen. */
  private static double[][] profiles(
      CalibrationStatistics statistics, String layer, List<List<Integer>> batches) {
    List<CalibrationStatistics.Observation> seen = statistics.observations(layer);
    double largest = 0;
    for (CalibrationStatistics.Observation one : seen) {
      for (float value : one.input().channelMax()) {
        largest = Math.max(largest, value);
      }
    }
    double floor = largest == 0 ? 1 : largest * FLOOR;
    double[][] profiles = new double[batches.size()][];
    for (int t = 0; t < profiles.length; t++) {
      int count = 0;
      for (CalibrationStatistics.Observation one : seen) {
        if (!batches.get(t).contains(one.batch())) {
          continue;
        }
        float[] max = one.input().channelMax();
        profiles[t] = profiles[t] == null ? new double[max.length] : profiles[t];
        for (int c = 0; c < max.length; c++) {
          profiles[t][c] += Math.log(Math.max(max[c], floor)) / Math.log(2);
        }
        count++;
      }
      for (int c = 0; count > 0 && c < profiles[t].length; c++) {
        profiles[t][c] /= count;
      }
    }
    return profiles;
  }

  /** Adds the inner products of the profiles' distances from their mean, per channel. */
  private static void add(double[][] profiles, double[][] products) {
    for (double[] profile : profiles) {
      if (profile == null) {
        return; // a layer that not all steps computed says nothing about where to cut
      }
    }
    int channels = profiles[0].length;
    for (int c = 0; c < channels; c++) {
      double mean = 0;
      for (double[] profile : profiles) {
        mean += profile[c] / profiles.length;
      }
      for (double[] profile : profiles) {
        profile[c] -= mean;
      }
    }
    for (int i = 0; i < profiles.length; i++) {
      for (int j = 0; j < profiles.length; j++) {
        double sum = 0;
        for (int c = 0; c < channels; c++) {
          sum += profiles[i][c] * profiles[j][c];
        }
        products[i][j] += sum / channels;
      }
    }
  }

  /**
   * The first index of each segment. The scatter of a segment of m profiles p about their mean is
   * the sum of p·p less the sum of all p·q over m, which prefix sums give at once.
   */
  private static int[] cut(double[][] products, int count) {
    int n = products.length;
    double[][] prefix = new double[n + 1][n + 1];
    double[] diagonal = new double[n + 1];
    for (int i = 0; i < n; i++) {
      diagonal[i + 1] = diagonal[i] + products[i][i];
      for (int j = 0; j < n; j++) {
        prefix[i + 1][j + 1] = products[i][j] + prefix[i][j + 1] + prefix[i + 1][j] - prefix[i][j];
      }
    }
    double[] best = new double[n + 1];
    int[][] from = new int[count][n + 1];
    for (int to = 1; to <= n; to++) {
      best[to] = scatter(prefix, diagonal, 0, to);
    }
    for (int k = 1; k < count; k++) {
      double[] next = new double[n + 1];
      Arrays.fill(next, Double.POSITIVE_INFINITY);
      for (int to = k + 1; to <= n; to++) {
        for (int at = k; at < to; at++) {
          double sum = best[at] + scatter(prefix, diagonal, at, to);
          if (sum < next[to]) {
            next[to] = sum;
            from[k][to] = at;
          }
        }
      }
      best = next;
    }
    int[] firsts = new int[count];
    int to = n;
    for (int k = count - 1; k > 0; k--) {
      to = from[k][to];
      firsts[k] = to;
    }
    return firsts;
  }

  private static double scatter(double[][] prefix, double[] diagonal, int from, int to) {
    double all = prefix[to][to] - prefix[from][to] - prefix[to][from] + prefix[from][from];
    return Math.max(0, diagonal[to] - diagonal[from] - all / (to - from));
  }
}
