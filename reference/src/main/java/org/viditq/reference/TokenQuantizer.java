package org.viditq.reference;

import java.util.Optional;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.GridGroups;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.Rotation;
import org.viditq.core.tensor.Tensor;

/** Turns activations into codes by every scheme. */
final class TokenQuantizer {
  private static final int BLOCK_ROWS = 32;

  private final Workers workers;

  TokenQuantizer(Workers workers) {
    this.workers = workers;
  }

  /**
   * As {@link #quantize(Tensor, Optional, Optional, ActivationQuantization, String)}, unrotated.
   */
  QuantizedActivations quantize(
      Tensor x, Optional<float[]> balance, ActivationQuantization scheme, String what) {
    return quantize(x, balance, Optional.empty(), scheme, what);
  }

  /**
   * Codes of x / s, rotated.
   *
   * @param x [.., C]; [B, N, C] for the schemes that go by token index
   * @param balance s [C]; empty for 1
   * @param rotation of x / s; empty for none
   * @param what begins the message if x holds NaN or infinity, or its range is beyond float32
   */
  QuantizedActivations quantize(
      Tensor x,
      Optional<float[]> balance,
      Optional<Rotation> rotation,
      ActivationQuantization scheme,
      String what) {
    GridGroups groups = GridGroups.of(scheme, x.shape());
    float[] divided = balance.map(s -> divide(x, s)).orElse(x.data());
    float[] values = rotation.map(r -> r.rotate(divided, x.dim(-1))).orElse(divided);
    Finite.require(values, what);
    AffineGrid grid = groups.calibrated().orElseGet(() -> measure(x, values, groups, what));
    return encode(values, x.shape().rows(), x.dim(-1), grid);
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

  private static AffineGrid measure(Tensor x, float[] values, GridGroups groups, String what) {
    RowRanges ranges = RowRanges.of(values, x.dim(-1), x.shape().rows(), groups.count());
    return groups.measured(ranges.lo(), ranges.hi(), what);
  }

  private QuantizedActivations encode(float[] values, int rows, int columns, AffineGrid grid) {
    byte[] codes = new byte[values.length];
    float[] scale = new float[rows];
    int[] zeroPoint = new int[rows];
    int[] rowSum = new int[rows];
    workers.forEachBlock(
        rows,
        BLOCK_ROWS,
        (from, to) -> {
          for (int row = from; row < to; row++) {
            int group = row % grid.groups();
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
