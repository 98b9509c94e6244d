package org.viditq.reference;

import static org.viditq.reference.Operands.require;

import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.error.BackendException;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.tensor.Tensor;

/** Turns activations into codes by every scheme. */
final class TokenQuantizer {
  private static final int BLOCK_ROWS = 32;

  private final Workers workers;

  TokenQuantizer(Workers workers) {
    this.workers = workers;
  }

  /** The grid group of each row. */
  private record RowGrids(AffineGrid grid, int[] groupOfRow) {}

  /**
   * Codes of x / s.
   *
   * @param x [.., C]; [B, N, C] for the schemes that go by token index
   * @param balance s [C]; empty for 1
   * @param what begins the message if x holds NaN or infinity
   */
  QuantizedActivations quantize(
      Tensor x, Optional<float[]> balance, ActivationQuantization scheme, String what) {
    require(x.shape().rank() >= 1, "quantize", "x [.., C]", x.shape());
    float[] values = balance.map(s -> divide(x, s)).orElse(x.data());
    Finite.require(values, what);
    RowGrids grids = grids(x, values, scheme);
    Finite.require(grids.grid().scale(), "The float32 range hi - lo of a row: " + what);
    return encode(values, x.shape().rows(), x.dim(-1), grids);
  }

  private float[] divide(Tensor x, float[] s) {
    float[] in = x.data();
    float[] out = new float[in.length];
    workers.forEachBlock(
        x.shape().rows(),
        BLOCK_ROWS,
        (from, to) -> {
          for (int row = from; row < to; row++) {
            for (int c = 0; c < s.length; c++) {
              out[row * s.length + c] = in[row * s.length + c] / s[c];
            }
          }
        });
    return out;
  }

  private static RowGrids grids(Tensor x, float[] values, ActivationQuantization scheme) {
    int rows = x.shape().rows();
    int[] groupOfRow = new int[rows];
    if (scheme instanceof StaticTensor fixed) {
      return new RowGrids(fixed.grid(), groupOfRow);
    }
    if (scheme instanceof DynamicToken dynamic) {
      Arrays.setAll(groupOfRow, row -> row);
      RowRanges ranges = RowRanges.of(values, x.dim(-1), groupOfRow, rows);
      int rowsPerCall = x.shape().rank() == 3 ? x.dim(1) : rows;
      return new RowGrids(callByCall(dynamic, ranges, rowsPerCall), groupOfRow);
    }
    require(x.shape().rank() == 3, "quantize by token index", "x [B, N, C]", x.shape());
    int tokens = x.dim(1);
    Arrays.setAll(groupOfRow, row -> row % tokens);
    if (scheme instanceof StaticToken fixed) {
      require(
          fixed.grid().groups() == tokens,
          "quantize by token index",
          "x [B, " + fixed.grid().groups() + ", C], as many tokens as were calibrated",
          x.shape());
      return new RowGrids(fixed.grid(), groupOfRow);
    }
    if (scheme instanceof DynamicTokenShared shared) {
      RowRanges ranges = RowRanges.of(values, x.dim(-1), groupOfRow, tokens);
      return new RowGrids(
          MinMaxGrid.of(shared.format(), ranges.lo(), ranges.hi(), shared.smallScales()),
          groupOfRow);
    }
    throw new BackendException(
        "Backend reference does not know the activation scheme " + scheme + ".");
  }

  /** The grids of all rows, where the small scale rule sees {@code rowsPerCall} rows at a time. */
  private static AffineGrid callByCall(DynamicToken scheme, RowRanges ranges, int rowsPerCall) {
    int rows = ranges.lo().length;
    float[] scale = new float[rows];
    int[] zeroPoint = new int[rows];
    for (int from = 0; from < rows; from += rowsPerCall) {
      AffineGrid call =
          MinMaxGrid.of(
              scheme.format(),
              Arrays.copyOfRange(ranges.lo(), from, from + rowsPerCall),
              Arrays.copyOfRange(ranges.hi(), from, from + rowsPerCall),
              scheme.smallScales());
      System.arraycopy(call.scale(), 0, scale, from, rowsPerCall);
      System.arraycopy(call.zeroPoint(), 0, zeroPoint, from, rowsPerCall);
    }
    return new AffineGrid(scheme.format(), scale, zeroPoint);
  }

  private QuantizedActivations encode(float[] values, int rows, int columns, RowGrids grids) {
    AffineGrid grid = grids.grid();
    byte[] codes = new byte[values.length];
    float[] scale = new float[rows];
    int[] zeroPoint = new int[rows];
    int[] rowSum = new int[rows];
    workers.forEachBlock(
        rows,
        BLOCK_ROWS,
        (from, to) -> {
          for (int row = from; row < to; row++) {
            int group = grids.groupOfRow()[row];
            scale[row] = grid.scale()[group];
            zeroPoint[row] = grid.zeroPoint()[group];
            for (int i = row * columns; i < (row + 1) * columns; i++) {
              int code = grid.encode(group, values[i]);
              codes[i] = (byte) code;
              rowSum[row] += code;
            }
          }
        });
    return new QuantizedActivations(grid.format(), rows, columns, codes, scale, zeroPoint, rowSum);
  }
}
