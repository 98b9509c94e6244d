package org.viditq.bench.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Float16;
import org.viditq.core.tensor.Shape;

/**
 * A float16 tensor that is drawn anew each time it is read, so that a model of any size can be
 * written without holding it.
 *
 * @param mean of its values
 * @param deviation standard deviation; values are uniform
 */
public record RandomTensor(String name, Shape shape, float mean, double deviation)
    implements StoredTensor {

  /** With the deviation 1/sqrt(fan-in), so that activations neither vanish nor explode. */
  static RandomTensor weight(String name, int... dims) {
    Shape shape = Shape.of(dims);
    return new RandomTensor(name, shape, 0, 1 / Math.sqrt(shape.size() / (double) dims[0]));
  }

  /** Small values, for biases and modulation tables. */
  static RandomTensor small(String name, int... dims) {
    return new RandomTensor(name, Shape.of(dims), 0, 0.02);
  }

  /** Values near 1, for the scales of norms. */
  static RandomTensor scale(String name, int... dims) {
    return new RandomTensor(name, Shape.of(dims), 1, 0.02);
  }

  @Override
  public DType dtype() {
    return DType.F16;
  }

  @Override
  public ByteBuffer bytes() {
    SplittableRandom random = new SplittableRandom(name.hashCode());
    double halfWidth = Math.sqrt(3) * deviation;
    ByteBuffer bytes =
        ByteBuffer.allocate(shape.size() * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      double unit = 2 * random.nextDouble() - 1;
      bytes.putShort(Float16.fromFloat((float) (mean + halfWidth * unit)));
    }
    return bytes.flip();
  }

  @Override
  public void copyTo(int start, float[] destination, int offset, int count) {
    ByteBuffer bytes = bytes();
    for (int i = 0; i < count; i++) {
      destination[offset + i] = Float16.toFloat(bytes.getShort((start + i) * Short.BYTES));
    }
  }
}
