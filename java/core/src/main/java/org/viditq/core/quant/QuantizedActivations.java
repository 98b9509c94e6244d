package org.viditq.core.quant;

/**
 * Activations as codes, row by row: what a backend's quantization kernel must produce to the bit.
 *
 * @param format code range
 * @param rows number of rows (tokens over all samples)
 * @param columns channels per row
 * @param codes [rows, columns]; unsigned bytes when asymmetric, signed when symmetric
 * @param scale Δ per row (repeated where rows share a grid)
 * @param zeroPoint z per row
 * @param rowSum sum of the codes per row, for the zero-point correction of the weights
 */
public record QuantizedActivations(
    IntegerFormat format,
    int rows,
    int columns,
    byte[] codes,
    float[] scale,
    int[] zeroPoint,
    int[] rowSum) {

  /** Code at (row, column) as an integer in the format's range. */
  public int code(int row, int column) {
    return format.code(codes[row * columns + column]);
  }

  /** All codes as integers in the format's range, [rows, columns]. */
  public int[] integerCodes() {
    int[] integers = new int[codes.length];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = format.code(codes[i]);
    }
    return integers;
  }

  /** (code - z) * Δ in float32, [rows, columns]. */
  public float[] dequantize() {
    return new AffineGrid(format, scale, zeroPoint).decodeRows(integerCodes());
  }
}
