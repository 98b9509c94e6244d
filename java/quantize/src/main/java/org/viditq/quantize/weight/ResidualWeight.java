package org.viditq.quantize.weight;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;

/** What a low-rank branch leaves of a weight: W - U D in float32, computed when it is read. */
record ResidualWeight(StoredTensor weight, LowRankBranch branch) implements StoredTensor {
  @Override
  public String name() {
    return weight.name();
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public Shape shape() {
    return weight.shape();
  }

  @Override
  public void copyTo(int start, float[] destination, int offset, int count) {
    weight.copyTo(start, destination, offset, count);
    int columns = weight.shape().dim(1);
    int rank = branch.rank();
    float[] down = branch.down().data();
    float[] up = branch.up().data();
    for (int i = 0; i < count; i++) {
      int row = (start + i) / columns;
      int column = (start + i) % columns;
      double sum = 0;
      for (int r = 0; r < rank; r++) {
        sum += (double) up[row * rank + r] * down[r * columns + column];
      }
      destination[offset + i] -= (float) sum;
    }
  }

  @Override
  public ByteBuffer bytes() {
    float[] values = new float[weight.shape().size()];
    copyTo(0, values, 0, values.length);
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }
}
