package org.viditq.tests.parity;

import java.util.Random;
import org.viditq.core.tensor.Tensor;

/** Kinds of operands, from ordinary to nasty; all finite and reproducible. */
enum Operand {
  NORMAL {
    @Override
    float value(Random random, int row, int column) {
      return (float) random.nextGaussian();
    }
  },
  /** A few values a thousand times larger, as in the activations of large transformers. */
  OUTLIERS {
    @Override
    float value(Random random, int row, int column) {
      float value = (float) random.nextGaussian();
      return column % 11 == 3 ? 1000 * value : value;
    }
  },
  /** One value of 10000 in each row: all others share the few codes that are left. */
  ONE_OUTLIER {
    @Override
    float value(Random random, int row, int column) {
      float value = (float) random.nextGaussian();
      return column == row % 5 ? 1e4f : value;
    }
  },
  /** Zeros of either sign, and a few ones. */
  SIGNED_ZEROS {
    @Override
    float value(Random random, int row, int column) {
      int kind = random.nextInt(8);
      return kind == 0 ? 1 : kind % 2 == 0 ? 0 : -0.0f;
    }
  },
  /** Every third row is zero. */
  ZERO_ROWS {
    @Override
    float value(Random random, int row, int column) {
      float value = (float) random.nextGaussian();
      return row % 3 == 0 ? 0 : value;
    }
  },
  /** Rows of one value each, of either sign: no spread at all. */
  CONSTANT_ROWS {
    @Override
    float value(Random random, int row, int column) {
      return row % 2 == 0 ? 1.5f + row : -0.25f - row;
    }
  },
  /** Multiples of one half: with 255 as the largest, every second value is a rounding tie. */
  TIES {
    @Override
    float value(Random random, int row, int column) {
      return column == 0 ? 255 : column == 1 ? 0 : random.nextInt(510) / 2f;
    }
  },
  /** Subnormal numbers: products and squares of them vanish. */
  DENORMALS {
    @Override
    float value(Random random, int row, int column) {
      return (random.nextInt(2001) - 1000) * Float.MIN_VALUE;
    }
  },
  /** Far from zero, so that the mean dwarfs the spread. */
  SHIFTED {
    @Override
    float value(Random random, int row, int column) {
      return 300 + (float) random.nextGaussian();
    }
  };

  abstract float value(Random random, int row, int column);

  Tensor tensor(long seed, int... dims) {
    Random random = new Random(seed * 31 + ordinal());
    Tensor tensor = Tensor.zeros(dims);
    int columns = dims[dims.length - 1];
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = value(random, i / columns, i % columns);
    }
    return tensor;
  }
}
