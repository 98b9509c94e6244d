package org.viditq.core.random;

import java.util.List;
import java.util.stream.Collectors;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Noise for a batch in which every sample has its own {@link TorchGenerator}, as diffusers does
 * with a list of generators: a sample's noise depends on its seed alone, not on its neighbours.
 */
public final class SeededNoise implements NoiseSource {
  private final List<TorchGenerator> generators;

  /** One generator per sample of the batch, in order. */
  public SeededNoise(List<Long> seeds) {
    this.generators = seeds.stream().map(TorchGenerator::new).collect(Collectors.toList());
  }

  /**
   * Draws [B, ...] noise: row i comes from generator i.
   *
   * @throws ShapeException if the first extent is not the number of seeds
   */
  @Override
  public Tensor draw(Shape shape) {
    if (shape.rank() == 0 || shape.dim(0) != generators.size()) {
      throw new ShapeException(
          "Noise of shape "
              + shape
              + " was asked for, but there are "
              + generators.size()
              + " seeds, one per sample.");
    }
    int[] dims = shape.toArray();
    dims[0] = 1;
    int rowSize = Shape.of(dims).size();
    float[] values = new float[shape.size()];
    for (int row = 0; row < generators.size(); row++) {
      float[] noise = generators.get(row).randn(dims).data();
      System.arraycopy(noise, 0, values, row * rowSize, rowSize);
    }
    return Tensor.of(shape, values);
  }
}
