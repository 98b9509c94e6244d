package org.viditq.quantize.activation;

import java.util.EnumMap;
import java.util.Map;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.tensor.Tensor;

/**
 * Squared errors of an input on grids of every {@link GridScope}, channel by channel. Static grids
 * span what the whole run showed of their part, so that nothing clips: the best that calibration
 * could find without clipping. Of each branch of an evaluation at most {@value #MAX_ROWS} rows
 * count, evenly spread.
 */
final class GridErrors {
  private static final int MAX_ROWS = 512;

  /** Signal to noise where nothing is lost; what float32 resolves, about. */
  private static final double LARGEST_DECIBEL = 150;

  private final IntegerFormat format;
  private final InputProfile profile;
  private final AffineGrid tensor;
  private final AffineGrid channel;
  private final AffineGrid[] branch;
  private final double[] energy;
  private final Map<GridScope, double[]> errors = new EnumMap<>(GridScope.class);

  GridErrors(IntegerFormat format, InputProfile profile) {
    this.format = format;
    this.profile = profile;
    this.tensor = grid(profile.range(-1, -1));
    this.channel = MinMaxGrid.of(format, profile.channelLow(), profile.channelHigh());
    this.branch = new AffineGrid[profile.branches()];
    for (int b = 0; b < branch.length; b++) {
      branch[b] = grid(profile.range(b, -1));
    }
    this.energy = new double[profile.channels()];
    for (GridScope scope : GridScope.values()) {
      errors.put(scope, new double[energy.length]);
    }
  }

  private AffineGrid grid(float[] range) {
    return MinMaxGrid.of(format, new float[] {range[0]}, new float[] {range[1]});
  }

  /** Takes in a branch of an evaluation. */
  void add(int step, int own, Tensor x) {
    AffineGrid timestep = grid(profile.range(-1, step));
    int channels = energy.length;
    int rows = x.size() / channels;
    int used = Math.min(rows, MAX_ROWS);
    for (int i = 0; i < used; i++) {
      int from = (int) ((long) i * rows / used) * channels;
      float lo = 0;
      float hi = 0;
      for (int c = 0; c < channels; c++) {
        lo = Math.min(lo, x.data()[from + c]);
        hi = Math.max(hi, x.data()[from + c]);
      }
      AffineGrid token = grid(new float[] {lo, hi});
      for (int c = 0; c < channels; c++) {
        float value = x.data()[from + c];
        energy[c] += (double) value * value;
        add(GridScope.TENSOR, c, tensor, 0, value);
        add(GridScope.BRANCH, c, branch[own], 0, value);
        add(GridScope.TIMESTEP, c, timestep, 0, value);
        add(GridScope.TOKEN, c, token, 0, value);
        add(GridScope.CHANNEL, c, channel, c, value);
      }
    }
  }

  private void add(GridScope scope, int c, AffineGrid grid, int group, float value) {
    double error = (double) grid.decode(group, grid.encode(group, value)) - value;
    errors.get(scope)[c] += error * error;
  }

  /**
   * Signal to noise ratio of the output of a layer that has this input.
   *
   * @param columns Σ_o W[o, c]² by input channel
   * @return dB by scope, at most {@value #LARGEST_DECIBEL}; that where there is no signal
   */
  Map<GridScope, Double> signalToNoise(double[] columns) {
    double signal = weighted(energy, columns);
    Map<GridScope, Double> ratios = new EnumMap<>(GridScope.class);
    errors.forEach(
        (scope, own) -> {
          double noise = weighted(own, columns);
          ratios.put(
              scope,
              signal == 0 || noise == 0
                  ? LARGEST_DECIBEL
                  : Math.min(LARGEST_DECIBEL, 10 * Math.log10(signal / noise)));
        });
    return ratios;
  }

  private static double weighted(double[] values, double[] weights) {
    double sum = 0;
    for (int c = 0; c < values.length; c++) {
      sum += values[c] * weights[c];
    }
    return sum;
  }
}
