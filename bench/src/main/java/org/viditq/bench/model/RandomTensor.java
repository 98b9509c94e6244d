package org.viditq.bench.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Float16;
import org.viditq.core.tensor.Shape;

/**
 * A float16 tensor whose values are drawn each time they are read, so that there can be a model of
 * any size without holding it.
 *
 * @param mean of its values
 * @param deviation standard deviation; values are uniform
 */
public record RandomTensor(String name, Shape shape, float mean, double deviation)
    implements StoredTensor {
  /** What {@link SplittableRandom} adds to its seed per number: 2^64 by the golden ratio. */
  private static final long SEED_STEP = 0x9e3779b97f4a7c15L;

  private static final float SQRT_3 = (float) Math.sqrt(3);

  /** What float32's significand has more than that of float16. */
  private static final int DROPPED_BITS = (1 << 13) - 1;

  private static final int HALF_A_UNIT = 1 << 12;
  private static final float SMALLEST_NORMAL = 0x1p-14f;

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
    SplittableRandom random = from(0);
    ByteBuffer bytes =
        ByteBuffer.allocate(shape.size() * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      bytes.putShort(Float16.fromFloat(next(random)));
    }
    return bytes.flip();
  }

  /** Draws what is asked for and no more. */
  @Override
  public void copyTo(int start, float[] destination, int offset, int count) {
    SplittableRandom random = from(start);
    for (int i = 0; i < count; i++) {
      destination[offset + i] = next(random);
    }
  }

  /** The generator as it is after {@code drawn} numbers, each of which adds to its seed. */
  private SplittableRandom from(int drawn) {
    return new SplittableRandom(name.hashCode() + drawn * SEED_STEP);
  }

  /**
   * A number of float16, found without the conversions, which take most of the time of large
   * models.
   */
  private float next(SplittableRandom random) {
    float unit = (random.nextInt() >> 7) * 0x1p-24f;
    int bits = Float.floatToRawIntBits(mean + SQRT_3 * (float) deviation * unit);
    float rounded = Float.intBitsToFloat((bits + HALF_A_UNIT) & ~DROPPED_BITS);
    return Math.abs(rounded) < SMALLEST_NORMAL ? 0 : rounded;
  }
}
