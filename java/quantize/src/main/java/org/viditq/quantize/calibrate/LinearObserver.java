package org.viditq.quantize.calibrate;

import java.util.List;
import org.viditq.core.tensor.Tensor;

/** Sees the inputs of linear layers. */
@FunctionalInterface
public interface LinearObserver {
  /**
   * @param layers qualified names of the layers that get this input
   * @param x [.., C]; must not be changed
   * @param sequences that each sample of x consists of, see {@link
   *     org.viditq.core.operators.LinearInput#sequences()}
   */
  void observe(List<String> layers, Tensor x, int sequences);
}
