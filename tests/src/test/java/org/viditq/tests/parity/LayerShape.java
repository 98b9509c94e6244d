package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.viditq.core.quant.IntegerFormat;

/** Rows x input x output channels of a layer, and the formats that it is tried with. */
record LayerShape(int rows, int in, int out) {
  /** Extents of published models, and a prime near each kind of block. */
  private static final int[] PARTICULAR = {1152, 4608, 257, 8191};

  /** Shapes that are no multiple of anything, and {@link #PARTICULAR} ones in every place. */
  static Stream<LayerShape> all() {
    List<LayerShape> shapes = new ArrayList<>();
    Random random = new Random(71);
    for (int i = 0; i < 12; i++) {
      shapes.add(small(random));
    }
    for (int extent : PARTICULAR) {
      shapes.add(new LayerShape(extent, 1 + random.nextInt(30), 1 + random.nextInt(30)));
      shapes.add(new LayerShape(1 + random.nextInt(30), extent, 1 + random.nextInt(60)));
      shapes.add(new LayerShape(1 + random.nextInt(30), 1 + random.nextInt(60), extent));
    }
    shapes.add(new LayerShape(3, 8191, 257));
    shapes.add(new LayerShape(17, 1152, 1152));
    return shapes.stream();
  }

  /** Extents from 1 to 300. */
  static LayerShape small(Random random) {
    return new LayerShape(
        1 + random.nextInt(300), 1 + random.nextInt(300), 1 + random.nextInt(300));
  }

  /** What kind of rows the shape gets: each kind in turn. */
  Operand operand() {
    return Operand.values()[(rows + in + out) % Operand.values().length];
  }

  IntegerFormat weights() {
    return new IntegerFormat(rows % 3 == 0 ? 4 : 8, in % 2 == 0);
  }

  IntegerFormat activations() {
    return new IntegerFormat(out % 4 == 0 ? 6 : 8, rows % 4 == 0);
  }
}
