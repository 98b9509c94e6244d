package org.viditq.reference;

import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Tensor;

/** Rotary position embedding on neighbouring channel pairs. */
final class Rotary {
  private Rotary() {}

  static Tensor rotate(Tensor x, Tensor cos, Tensor sin) {
    ResultShapes.rotary(x.shape(), cos.shape(), sin.shape());
    int tokens = x.dim(1);
    int heads = x.dim(2);
    int d = x.dim(3);
    Tensor out = Tensor.zeros(x.shape().toArray());
    for (int row = 0; row < x.shape().rows(); row++) {
      int table = row / heads % tokens * d;
      for (int i = 0; i < d; i += 2) {
        double x0 = x.data()[row * d + i];
        double x1 = x.data()[row * d + i + 1];
        int even = table + i;
        int odd = even + 1;
        out.data()[row * d + i] = (float) (x0 * cos.data()[even] - x1 * sin.data()[even]);
        out.data()[row * d + i + 1] = (float) (x1 * cos.data()[odd] + x0 * sin.data()[odd]);
      }
    }
    return out;
  }
}
