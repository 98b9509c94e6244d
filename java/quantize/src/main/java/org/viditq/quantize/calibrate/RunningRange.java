package org.viditq.quantize.calibrate;

import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.ActivationSettings;

/**
 * The range of a static activation grid while calibration batches go by (qdiff {@code
 * StaticActQuantizer}): the first batch sets lo and hi, clipped through zero; each later one
 * replaces them, or with {@code runningStat} mixes in as lo = m lo + (1-m) lo_batch, float32.
 */
public final class RunningRange {
  private final ActivationMode mode;
  private final boolean runningStat;
  private final float keep;
  private final float mix;
  private float[] lo;
  private float[] hi;

  /**
   * @param settings of a static mode; its momentum is m, the weight of the old range
   */
  public RunningRange(ActivationSettings settings) {
    if (!settings.mode().isStatic()) {
      throw new IllegalArgumentException("Mode " + settings.mode() + " calibrates no range.");
    }
    this.mode = settings.mode();
    this.runningStat = settings.runningStat();
    this.keep = (float) settings.momentum();
    this.mix = (float) (1 - settings.momentum());
  }

  /**
   * Takes in one batch, as a whole or by token index as the mode wants it.
   *
   * @throws ShapeException if a grid per token index meets another number of tokens
   */
  public void update(InputStatistics batch) {
    if (mode == ActivationMode.STATIC_TOKEN) {
      update(batch.tokenMin(), batch.tokenMax());
    } else {
      update(new float[] {batch.min()}, new float[] {batch.max()});
    }
  }

  /**
   * @param batchLo smallest value per group
   * @param batchHi largest value per group
   * @throws ShapeException if the number of groups changes
   */
  void update(float[] batchLo, float[] batchHi) {
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

  /** Quantization of activations on the grid of the range so far. */
  public ActivationQuantization quantization(IntegerFormat format, SmallScaleRule smallScales) {
    AffineGrid grid = grid(format, smallScales);
    return mode == ActivationMode.STATIC_TOKEN ? new StaticToken(grid) : new StaticTensor(grid);
  }

  /** The grid of the range so far. */
  AffineGrid grid(IntegerFormat format, SmallScaleRule smallScales) {
    return MinMaxGrid.of(format, lo, hi, smallScales);
  }
}
