package org.viditq.quantize.activation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.InputStatistics;

/** What was seen of one input, which one or several layers share, step by step. */
final class InputProfile {
  /** Below this share of a channel's largest value its smallest one counts as this. */
  private static final double SMALLEST_SHARE = 1e-6;

  private final List<Integer> steps = new ArrayList<>();
  private final List<List<InputStatistics>> seen = new ArrayList<>();
  private float[] channelMin;
  private float[] channelMax;

  /** Takes in the branches of one evaluation. */
  void add(int step, String layer, List<Tensor> branches, int sequences) {
    List<InputStatistics> own = new ArrayList<>();
    for (Tensor branch : branches) {
      own.add(InputStatistics.of(layer, branch, sequences));
      extend(branch);
    }
    steps.add(step);
    seen.add(own);
  }

  private void extend(Tensor x) {
    int channels = x.dim(-1);
    if (channelMin == null) {
      channelMin = new float[channels];
      channelMax = new float[channels];
    }
    float[] data = x.data();
    for (int i = 0; i < data.length; i++) {
      int c = i % channels;
      channelMin[c] = Math.min(channelMin[c], data[i]);
      channelMax[c] = Math.max(channelMax[c], data[i]);
    }
  }

  int channels() {
    return channelMin.length;
  }

  int branches() {
    return seen.get(0).size();
  }

  /** Smallest value per channel, and 0. */
  float[] channelLow() {
    return channelMin;
  }

  /** Largest value per channel, and 0. */
  float[] channelHigh() {
    return channelMax;
  }

  /** Range of what is of a branch (-1: any) and a step (-1: any): lo and hi. */
  float[] range(int branch, int step) {
    float lo = 0;
    float hi = 0;
    for (int i = 0; i < seen.size(); i++) {
      if (step >= 0 && steps.get(i) != step) {
        continue;
      }
      for (int b = 0; b < seen.get(i).size(); b++) {
        if (branch < 0 || b == branch) {
          lo = Math.min(lo, seen.get(i).get(b).min());
          hi = Math.max(hi, seen.get(i).get(b).max());
        }
      }
    }
    return new float[] {lo, hi};
  }

  /** By branch, mean over steps. */
  List<float[]> meanChannelMax() {
    List<float[]> means = new ArrayList<>();
    for (int b = 0; b < branches(); b++) {
      float[] mean = new float[channels()];
      for (List<InputStatistics> one : seen) {
        for (int c = 0; c < mean.length; c++) {
          mean[c] += one.get(b).channelMax()[c] / seen.size();
        }
      }
      means.add(mean);
    }
    return means;
  }

  /** Mean over steps and branches; tokens that not all evaluations have count where they are. */
  float[] meanTokenMax() {
    int tokens =
        seen.stream().flatMap(List::stream).mapToInt(InputStatistics::tokens).max().orElse(0);
    double[] sum = new double[tokens];
    int[] count = new int[tokens];
    for (List<InputStatistics> one : seen) {
      for (InputStatistics branch : one) {
        for (int n = 0; n < branch.tokens(); n++) {
          sum[n] += Math.max(Math.abs(branch.tokenMin()[n]), Math.abs(branch.tokenMax()[n]));
          count[n]++;
        }
      }
    }
    float[] mean = new float[tokens];
    for (int n = 0; n < tokens; n++) {
      mean[n] = (float) (sum[n] / count[n]);
    }
    return mean;
  }

  /** Largest magnitude by branch and evaluation. */
  List<float[]> stepMax() {
    List<float[]> result = new ArrayList<>();
    for (int b = 0; b < branches(); b++) {
      float[] values = new float[seen.size()];
      for (int i = 0; i < values.length; i++) {
        InputStatistics one = seen.get(i).get(b);
        values[i] = Math.max(Math.abs(one.min()), Math.abs(one.max()));
      }
      result.add(values);
    }
    return result;
  }

  /** Which step each evaluation was of. */
  List<Integer> steps() {
    return steps;
  }

  Variations variations() {
    float[] channels = new float[channels()];
    for (float[] branch : meanChannelMax()) {
      for (int c = 0; c < channels.length; c++) {
        channels[c] += branch[c] / branches();
      }
    }
    return new Variations(
        overMedian(channels), overMedian(meanTokenMax()), overSteps(), overBranches());
  }

  private static double overMedian(float[] values) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    float largest = sorted[sorted.length - 1];
    float median = sorted[sorted.length / 2];
    return largest == 0 ? 1 : largest / Math.max(median, largest * SMALLEST_SHARE);
  }

  private double overSteps() {
    double sum = 0;
    int counted = 0;
    for (int c = 0; c < channels(); c++) {
      double smallest = Double.POSITIVE_INFINITY;
      double largest = 0;
      for (List<InputStatistics> one : seen) {
        double mean = 0;
        for (InputStatistics branch : one) {
          mean += branch.channelMax()[c] / one.size();
        }
        smallest = Math.min(smallest, mean);
        largest = Math.max(largest, mean);
      }
      if (largest > 0) {
        sum += logarithm(largest, smallest);
        counted++;
      }
    }
    return counted == 0 ? 1 : Math.exp(sum / counted);
  }

  private double overBranches() {
    double sum = 0;
    int counted = 0;
    for (List<InputStatistics> one : seen) {
      if (one.size() < 2) {
        continue;
      }
      for (int c = 0; c < channels(); c++) {
        double first = one.get(0).channelMax()[c];
        double second = one.get(1).channelMax()[c];
        if (Math.max(first, second) > 0) {
          sum += logarithm(Math.max(first, second), Math.min(first, second));
          counted++;
        }
      }
    }
    return counted == 0 ? 1 : Math.exp(sum / counted);
  }

  private static double logarithm(double larger, double smaller) {
    return Math.log(larger / Math.max(smaller, larger * SMALLEST_SHARE));
  }
}
