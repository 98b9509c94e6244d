package org.viditq.verify.runner;

import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Turns quantized weights into what the fixtures expect. */
final class WeightResults {
  private WeightResults() {}

  /** All codes, row-major. */
  static int[] codes(QuantizedWeight weight) {
    int rows = weight.codes().rows();
    int columns = weight.codes().columns();
    boolean signed = weight.grid().format().symmetric();
    byte[] row = new byte[columns];
    int[] codes = new int[rows * columns];
    for (int r = 0; r < rows; r++) {
      weight.codes().copyRow(r, row, 0);
      for (int c = 0; c < columns; c++) {
        codes[r * columns + c] = signed ? row[c] : row[c] & 0xff;
      }
    }
    return codes;
  }

  static Tensor dequantize(QuantizedWeight weight, Shape shape) {
    int[] codes = codes(weight);
    int columns = weight.codes().columns();
    float[] values = new float[codes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = weight.grid().decode(i / columns, codes[i]);
    }
    return Tensor.of(shape, values);
  }
}
