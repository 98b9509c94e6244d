package org.viditq.quantize.metric;

/** One channel of a picture in float64, row-major. */
record Plane(double[] values, int height, int width) {

  static Plane of(float[] data, int from, int height, int width) {
    double[] values = new double[height * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = data[from + i];
    }
    return new Plane(values, height, width);
  }

  Plane times(Plane other) {
    double[] product = new double[values.length];
    for (int i = 0; i < product.length; i++) {
      product[i] = values[i] * other.values[i];
    }
    return new Plane(product, height, width);
  }

  /** Separable filter with the same weights in both directions, where they fit. */
  Plane filter(double[] weights) {
    return filterRows(weights).transpose().filterRows(weights).transpose();
  }

  private Plane filterRows(double[] weights) {
    int narrow = width - weights.length + 1;
    double[] filtered = new double[height * narrow];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < narrow; x++) {
        double sum = 0;
        for (int k = 0; k < weights.length; k++) {
          sum += weights[k] * values[y * width + x + k];
        }
        filtered[y * narrow + x] = sum;
      }
    }
    return new Plane(filtered, height, narrow);
  }

  private Plane transpose() {
    double[] transposed = new double[values.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        transposed[x * height + y] = values[y * width + x];
      }
    }
    return new Plane(transposed, width, height);
  }

  /** Mirrors {@code border} pixels beyond each edge; the edge pixels are not repeated. */
  Plane reflect(int border) {
    int tall = height + 2 * border;
    int wide = width + 2 * border;
    double[] padded = new double[tall * wide];
    for (int y = 0; y < tall; y++) {
      for (int x = 0; x < wide; x++) {
        padded[y * wide + x] =
            values[mirror(y - border, height) * width + mirror(x - border, width)];
      }
    }
    return new Plane(padded, tall, wide);
  }

  private static int mirror(int position, int extent) {
    int positive = Math.abs(position);
    return positive < extent ? positive : 2 * (extent - 1) - positive;
  }
}
