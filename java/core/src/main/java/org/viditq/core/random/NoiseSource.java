package org.viditq.core.random;

import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Where stochastic samplers take their Gaussian noise from. */
@FunctionalInterface
public interface NoiseSource {
  /** The next standard normal tensor of the given shape. */
  Tensor draw(Shape shape);
}
