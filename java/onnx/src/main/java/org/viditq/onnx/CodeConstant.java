package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.Shape;

/**
 * The codes of a quantized weight as MatMulInteger takes them: [in, out], a byte each, unsigned
 * where the format is asymmetric.
 */
record CodeConstant(QuantizedWeight weight) implements ConstantData {
  @Override
  public ElementType type() {
    return weight.grid().format().symmetric() ? ElementType.INT8 : ElementType.UINT8;
  }

  @Override
  public Shape shape() {
    return Shape.of(weight.codes().columns(), weight.codes().rows());
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    WeightCodes codes = weight.codes();
    byte[] row = new byte[codes.columns()];
    byte[] transposed = new byte[shape().size()];
    for (int n = 0; n < codes.rows(); n++) {
      codes.copyRow(n, row, 0);
      for (int k = 0; k < row.length; k++) {
        transposed[k * codes.rows() + n] = row[k];
      }
    }
    LittleEndian.write(out, ByteBuffer.wrap(transposed));
  }
}
