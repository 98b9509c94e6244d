package org.viditq.quantize.weight;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.SmallScaleRule;

/**
 * Quantizes weights with one {@link MinMaxGrid} per output channel. Reads one row at a time, so a
 * weight need not fit on the heap in float32.
 */
public final class WeightQuantizer {
  private final SmallScaleRule smallScales;

  /** The deployed form: a dead output channel changes only itself. */
  public WeightQuantizer() {
    this(SmallScaleRule.PER_GROUP);
  }

  /**
   * @param smallScales {@link SmallScaleRule#ALL_GROUPS_AS_PUBLISHED} only for comparison with the
   *     published code
   */
  public WeightQuantizer(SmallScaleRule smallScales) {
    this.smallScales = smallScales;
  }

  /**
   * @param weight [out, ...]; axes behind the first are flattened
   * @param balance s per column, multiplied to the weight first; empty for none
   * @throws NonFiniteException if the weight holds NaN or infinity, naming it
   */
  public QuantizedWeight quantize(
      StoredTensor weight, Optional<float[]> balance, IntegerFormat format) {
    return encode(weight, balance, grids(weight, balance, List.of(format)).get(format));
  }

  /**
   * The grids of several candidate formats in one pass, as mixed precision needs them.
   *
   * @return one grid per format, a group per output channel
   */
  public Map<IntegerFormat, AffineGrid> grids(
      StoredTensor weight, Optional<float[]> balance, List<IntegerFormat> formats) {
    Rows rows = new Rows(weight, balance);
    float[] lo = new float[rows.count];
    float[] hi = new float[rows.count];
    for (int r = 0; r < rows.count; r++) {
      float min = 0;
      float max = 0;
      for (float value : rows.read(r)) {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
      lo[r] = min;
      hi[r] = max;
    }
    Map<IntegerFormat, AffineGrid> grids = new LinkedHashMap<>();
    for (IntegerFormat format : formats) {
      grids.put(format, MinMaxGrid.of(format, lo, hi, smallScales));
    }
    return grids;
  }

  /** Codes of a weight on a grid that is already known. */
  public QuantizedWeight encode(StoredTensor weight, Optional<float[]> balance, AffineGrid grid) {
    Rows rows = new Rows(weight, balance);
    StoredWeightCodes codes = StoredWeightCodes.allocate(grid.format(), rows.count, rows.columns);
    int[] row = new int[rows.columns];
    for (int r = 0; r < rows.count; r++) {
      float[] values = rows.read(r);
      for (int c = 0; c < row.length; c++) {
        row[c] = grid.encode(r, values[c]);
      }
      codes.putRow(r, row);
    }
    return new QuantizedWeight(codes, grid);
  }

  /** Rows of W * diag(s), one at a time. */
  private static final class Rows {
    private final StoredTensor weight;
    private final Optional<float[]> balance;
    private final int count;
    private final int columns;
    private final float[] buffer;

    Rows(StoredTensor weight, Optional<float[]> balance) {
      this.weight = weight;
      this.balance = balance;
      this.count = weight.shape().dim(0);
      this.columns = count == 0 ? 0 : weight.shape().size() / count;
      this.buffer = new float[columns];
      if (balance.isPresent() && balance.get().length != columns) {
        throw new ShapeException(
            "Weight "
                + weight.name()
                + " has "
                + columns
                + " input channels but "
                + balance.get().length
                + " balancing factors.");
      }
    }

    /** The buffer is reused by the next call. */
    float[] read(int row) {
      weight.copyTo(row * columns, buffer, 0, columns);
      for (int c = 0; c < columns; c++) {
        if (balance.isPresent()) {
          buffer[c] *= balance.get()[c];
        }
        if (!Float.isFinite(buffer[c])) {
          throw new NonFiniteException(
              "Weight "
                  + weight.name()
                  + " holds NaN or infinity at output channel "
                  + row
                  + ", input channel "
                  + c
                  + "; the checkpoint is damaged.");
        }
      }
      return buffer;
    }
  }
}
