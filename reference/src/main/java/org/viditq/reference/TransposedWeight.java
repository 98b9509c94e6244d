package org.viditq.reference;

import org.ejml.data.DMatrixRMaj;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.QuantizedWeight;

/**
 * A weight W [out, in] as the right factor of x W^T: a float64 matrix [in, out], made only when
 * asked for. Identity is its key in the {@link WeightCache}.
 */
final class TransposedWeight {
  /** Rows transposed together, so that both sides are read and written in whole cache lines. */
  private static final int TILE = 8;

  private final int out;
  private final int in;
  private final RowReader rows;

  private TransposedWeight(int out, int in, RowReader rows) {
    this.out = out;
    this.in = in;
    this.rows = rows;
  }

  /** A weight [out, ...]: all axes but the first are one matrix axis. */
  static TransposedWeight of(StoredTensor weight) {
    int out = weight.shape().dim(0);
    int in = out == 0 ? 0 : weight.shape().size() / out;
    float[] row = new float[in];
    return new TransposedWeight(
        out,
        in,
        (o, destination, offset) -> {
          weight.copyTo(o * in, row, 0, in);
          for (int i = 0; i < in; i++) {
            destination[offset + i] = row[i];
          }
        });
  }

  /** Integer-valued: code minus zero point. */
  static TransposedWeight of(QuantizedWeight weight) {
    int in = weight.codes().columns();
    AffineGrid grid = weight.grid();
    byte[] row = new byte[in];
    return new TransposedWeight(
        weight.codes().rows(),
        in,
        (o, destination, offset) -> {
          weight.codes().copyRow(o, row, 0);
          for (int i = 0; i < in; i++) {
            int code = grid.format().symmetric() ? row[i] : row[i] & 0xff;
            destination[offset + i] = code - grid.zeroPoint()[o];
          }
        });
  }

  /** Converts; the caller keeps one conversion at a time, as {@link WeightCache} does. */
  DMatrixRMaj convert() {
    DMatrixRMaj transposed = new DMatrixRMaj(in, out);
    double[] tile = new double[TILE * in];
    for (int from = 0; from < out; from += TILE) {
      int count = Math.min(TILE, out - from);
      for (int t = 0; t < count; t++) {
        rows.read(from + t, tile, t * in);
      }
      for (int i = 0; i < in; i++) {
        for (int t = 0; t < count; t++) {
          transposed.data[i * out + from + t] = tile[t * in + i];
        }
      }
    }
    return transposed;
  }

  @FunctionalInterface
  private interface RowReader {
    void read(int row, double[] destination, int offset);
  }
}
