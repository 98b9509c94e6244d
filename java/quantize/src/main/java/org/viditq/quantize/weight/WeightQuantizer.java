package org.viditq.quantize.weight;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.quantize.balance.BalancedRows;

/**
 * Quantizes weights with one {@link MinMaxGrid} per output channel. Reads one row at a time, so a
 * weight need not fit on the heap in float32.
 */
public final class WeightQuantizer {
  private static final int ROWS_AT_ONCE = 256;

  /** Output channels that {@link CompensatedRounding} takes together. */
  private static final int CHANNELS_TOGETHER = 16;

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
   * As {@link #quantize}, but the weight is read for its grids only. Its codes are made from it
   * anew each time that they are asked for, so that those of a whole model never lie in memory
   * together; until then the weight must stay readable.
   */
  QuantizedWeight quantizeOnDemand(
      StoredTensor weight,
      Optional<float[]> balance,
      Optional<Rotation> rotation,
      IntegerFormat format) {
    AffineGrid grid =
        grids(new BalancedRows(weight, balance, rotation), List.of(format)).get(format);
    return new QuantizedWeight(new CodesOnDemand(weight, balance, rotation, grid), grid);
  }

  /** As {@link #quantizeOnDemand}, on a grid that is found for each output channel. */
  QuantizedWeight searchOnDemand(
      StoredTensor weight,
      Optional<float[]> balance,
      Optional<Rotation> rotation,
      IntegerFormat format,
      Function<float[], AffineGrid> search) {
    BalancedRows rows = new BalancedRows(weight, balance, rotation);
    float[] scale = new float[rows.count()];
    int[] zeroPoint = new int[rows.count()];
    for (int from = 0; from < rows.count(); from += ROWS_AT_ONCE) {
      int first = from;
      float[][] some = some(rows, from);
      IntStream.range(0, some.length)
          .parallel()
          .forEach(
              i -> {
                AffineGrid own = search.apply(some[i]);
                scale[first + i] = own.scale()[0];
                zeroPoint[first + i] = own.zeroPoint()[0];
              });
    }
    AffineGrid grid = new AffineGrid(format, scale, zeroPoint);
    return new QuantizedWeight(new CodesOnDemand(weight, balance, rotation, grid), grid);
  }

  /**
   * As {@link #quantizeOnDemand}, but with codes that are made now and kept outside of the heap.
   */
  QuantizedWeight compensate(
      StoredTensor weight,
      Optional<float[]> balance,
      Optional<Rotation> rotation,
      IntegerFormat format,
      CompensatedRounding rounding) {
    BalancedRows rows = new BalancedRows(weight, balance, rotation);
    int columns = BalancedRows.columns(weight);
    StoredWeightCodes codes = StoredWeightCodes.allocateOutsideHeap(format, rows.count(), columns);
    float[] scale = new float[rows.count()];
    int[] zeroPoint = new int[rows.count()];
    for (int from = 0; from < rows.count(); from += ROWS_AT_ONCE) {
      float[][] some = some(rows, from);
      CompensatedRounding.Row[] rounded = new CompensatedRounding.Row[some.length];
      IntStream.range(0, (some.length + CHANNELS_TOGETHER - 1) / CHANNELS_TOGETHER)
          .parallel()
          .forEach(
              group -> {
                int start = group * CHANNELS_TOGETHER;
                int end = Math.min(some.length, start + CHANNELS_TOGETHER);
                CompensatedRounding.Row[] own =
                    rounding.round(format, Arrays.copyOfRange(some, start, end));
                System.arraycopy(own, 0, rounded, start, own.length);
              });
      for (int i = 0; i < some.length; i++) {
        codes.putRow(from + i, rounded[i].codes());
        scale[from + i] = rounded[i].scale();
        zeroPoint[from + i] = rounded[i].zeroPoint();
      }
    }
    return new QuantizedWeight(codes, new AffineGrid(format, scale, zeroPoint));
  }

  /** The next rows, each an array of its own. */
  private static float[][] some(BalancedRows rows, int from) {
    float[][] some = new float[Math.min(ROWS_AT_ONCE, rows.count() - from)][];
    for (int i = 0; i < some.length; i++) {
      some[i] = rows.read(from + i).clone();
    }
    return some;
  }

  /**
   * The grids of several candidate formats in one pass, as mixed precision needs them.
   *
   * @return one grid per format, a group per output channel
   */
  public Map<IntegerFormat, AffineGrid> grids(
      StoredTensor weight, Optional<float[]> balance, List<IntegerFormat> formats) {
    return grids(new BalancedRows(weight, balance), formats);
  }

  private Map<IntegerFormat, AffineGrid> grids(BalancedRows rows, List<IntegerFormat> formats) {
    float[] lo = new float[rows.count()];
    float[] hi = new float[rows.count()];
    for (int r = 0; r < rows.count(); r++) {
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
    return new QuantizedWeight(
        new CodesOnDemand(weight, balance, Optional.empty(), grid).encode(), grid);
  }
}
