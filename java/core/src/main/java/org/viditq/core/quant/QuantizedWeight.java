package org.viditq.core.quant;

/**
 * A weight matrix as codes on one grid per output channel.
 *
 * @param codes [out, in]
 * @param grid one group per output channel
 */
public record QuantizedWeight(WeightCodes codes, AffineGrid grid) {
  public QuantizedWeight {
    if (codes.rows() != grid.groups()) {
      throw new IllegalArgumentException(
          codes.rows() + " output channels but " + grid.groups() + " weight scales.");
    }
  }

  /** All codes as integers in the format's range, [out, in]. */
  public int[] integerCodes() {
    int columns = codes.columns();
    byte[] row = new byte[columns];
    int[] integers = new int[Math.multiplyExact(codes.rows(), columns)];
    for (int r = 0; r < codes.rows(); r++) {
      codes.copyRow(r, row, 0);
      for (int c = 0; c < columns; c++) {
        integers[r * columns + c] = grid.format().code(row[c]);
      }
    }
    return integers;
  }

  /** (code - z) * Δ in float32, [out, in]. */
  public float[] dequantize() {
    return grid.decodeRows(integerCodes());
  }
}
