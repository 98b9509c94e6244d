package org.viditq.onnx;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.Shape;

/**
 * What a unit of the activations' zero point adds to each output channel: the sum of (code - zero
 * point) over its row, int64.
 */
record CodeSums(QuantizedWeight weight) implements ConstantData {
  @Override
  public ElementType type() {
    return ElementType.INT64;
  }

  @Override
  public Shape shape() {
    return Shape.of(weight.codes().rows());
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    WeightCodes codes = weight.codes();
    int mask = weight.grid().format().symmetric() ? -1 : 0xff;
    byte[] row = new byte[codes.columns()];
    int[] sums = new int[codes.rows()];
    for (int n = 0; n < sums.length; n++) {
      codes.copyRow(n, row, 0);
      for (byte code : row) {
        sums[n] += (code & mask) - weight.grid().zeroPoint()[n];
      }
    }
    IntegerConstant.of(type(), sums).writeTo(out);
  }
}
