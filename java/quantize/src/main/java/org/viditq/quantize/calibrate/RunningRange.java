package org.viditq.quantize.calibrate;

import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.SmallScaleRule;

/**
 * The range of a static activation grid while calibration batches go by (qdiff {@code
 * StaticActQuantizer}): the first batch sets lo and hi, clipped through zero; each later one
 * replaces them, or with {@code runningStat} mixes in as lo = m lo + (1-m) lo_batch, float32.
 */
public final class RunningRange {
  private final boolean runningStat;
  private final float keep;
  private final float mix;
  private float[] lo;
  private float[] hi;

  /**
   * @param momentum m, weight of the old range
   */
  public RunningRange(boolean runningStat, double momentum) {
    this.runningStat = runningStat;
    this.keep = (float) momentum;
    this.mix = (float) (1 - momentum);
  }

  /**
   * @param batchLo smallest value per group
   * @param batchHi largest value per group
   * @throws ShapeException if the number of groups changes
   */
  public void update(float[] batchLo, float[] batchHi) {
    if (lo != null && lo.length != batchLo.length) {
      throw new ShapeException(
          "A static grid per token needs the same number of tokens in every calibration batch, but"
              + " there were "
              + lo.length
              + " and then "
              + batchLo.length
              + "; calibrate at one picture size, or choose dynamic_token.");
    }
    boolean first = lo == null;
    if (first) {
      lo = new float[batchLo.length];
      hi = new float[batchLo.length];
    }
    for (int g = 0; g < lo.length; g++) {
      float l = Math.min(batchLo[g], 0f);
      float h = Math.max(batchHi[g], 0f);
      lo[g] = first || !runningStat ? l : keep * lo[g] + mix * l;
      hi[g] = first || !runningStat ? h : keep * hi[g] + mix * h;
    }
  }

  /** Whether no batch has come yet. */
  public boolean isEmpty() {
    return lo == null;
  }

  /** Lower end per group so far, ≤ 0. */
  public float[] lo() {
    return lo.clone();
  }

  /** Upper end per group so far, ≥ 0. */
  public float[] hi() {
    return hi.clone();
  }

  /** The grid of the range so far. */
  public AffineGrid grid(IntegerFormat format, SmallScaleRule smallScales) {
    return MinMaxGrid.of(format, lo, hi, smallScales);
  }
}
