package org.viditq.cli.evaluate;

import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.quant.TimestepRange;
import org.viditq.quantize.calibrate.CalibrationStatistics;

/**
 * The layer whose input has the most outstanding channel.
 *
 * @param layer qualified name
 * @param ratio largest magnitude of that channel over the median of all channels'
 */
record OutlierChannels(String layer, double ratio) {
  /** Of the last batches, which is what a static grid is made from. */
  private static final double MOMENTUM = 0.95;

  /** Empty where no layer has a channel that is not zero. */
  static Optional<OutlierChannels> of(CalibrationStatistics statistics) {
    OutlierChannels worst = null;
    for (String layer : statistics.layers()) {
      float[] channels = statistics.channelScale(layer, TimestepRange.ALL, MOMENTUM);
      Arrays.sort(channels);
      float median = channels[channels.length / 2];
      double ratio = median > 0 ? channels[channels.length - 1] / median : 0;
      if (ratio > 0 && (worst == null || ratio > worst.ratio())) {
        worst = new OutlierChannels(layer, ratio);
      }
    }
    return Optional.ofNullable(worst);
  }
}
