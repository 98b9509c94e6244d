package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * The weight of a linear layer as MatMulInteger takes it: [in, out] codes of -127 to 127, a scale
 * and no zero point per output channel, as ONNX Runtime's own dynamic quantization makes them.
 *
 * @param weight [out, in]
 * @param scale [out], max |w| / 127
 */
record SymmetricWeight(StoredTensor weight, Tensor scale) implements ConstantData {
  private static final int LARGEST = 127;

  static SymmetricWeight of(StoredTensor weight) {
    int out = weight.shape().dim(0);
    int in = weight.shape().dim(1);
    Tensor scale = Tensor.zeros(out);
    float[] row = new float[in];
    for (int n = 0; n < out; n++) {
      weight.copyTo(n * in, row, 0, in);
      float largest = 0;
      for (float w : row) {
        largest = Math.max(largest, Math.abs(w));
      }
      // Codes of a row without a value above the smallest scale are all 0, whatever its scale.
      scale.data()[n] = largest / LARGEST > 0 ? largest / LARGEST : 1;
    }
    return new SymmetricWeight(weight, scale);
  }

  @Override
  public ElementType type() {
    return ElementType.INT8;
  }

  @Override
  public Shape shape() {
    return Shape.of(weight.shape().dim(1), weight.shape().dim(0));
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    float[] s = scale.data();
    WeightColumns.forEachBlock(
        weight,
        (block, count) -> {
          ByteBuffer codes = ByteBuffer.allocate(count);
          for (int i = 0; i < count; i++) {
            double code = Math.rint(block[i] / s[i % s.length]);
            codes.put((byte) Math.max(-LARGEST, Math.min(LARGEST, code)));
          }
          LittleEndian.write(out, codes.flip());
        });
  }
}
