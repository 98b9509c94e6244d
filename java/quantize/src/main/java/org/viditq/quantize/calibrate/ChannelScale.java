package org.viditq.quantize.calibrate;

/**
 * The activation statistic of channel balancing while calibration batches of one timestep range go
 * by: the first batch sets it, later ones mix in as a = m a + (1-m) batch, float32. A statistic
 * whose mean is zero counts as not yet set, as in the published code.
 */
public final class ChannelScale {
  private final float keep;
  private final float mix;
  private float[] scale;

  /**
   * @param momentum m, weight of the old statistic
   */
  public ChannelScale(double momentum) {
    this.keep = (float) momentum;
    this.mix = (float) (1 - momentum);
  }

  /**
   * @param channelMax {@link InputStatistics#channelMax()} of the batch
   */
  public void update(float[] channelMax) {
    if (scale == null || isZero(scale)) {
      scale = channelMax.clone();
      return;
    }
    for (int c = 0; c < scale.length; c++) {
      scale[c] = keep * scale[c] + mix * channelMax[c];
    }
  }

  /** Whether no batch has come yet. */
  public boolean isEmpty() {
    return scale == null;
  }

  /** The statistic per channel, exact zeros kept. */
  public float[] values() {
    return scale.clone();
  }

  /** Values are magnitudes, so their mean is zero exactly if all of them are. */
  private static boolean isZero(float[] values) {
    for (float value : values) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }
}
