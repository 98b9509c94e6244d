package org.viditq.core.model.embedding;

import org.viditq.core.operators.PositionTable;
import org.viditq.core.tensor.Tensor;

/**
 * {@link SinCosTable#grid} of a picture's patches.
 *
 * @param tensor [1, height * width, channels]
 */
public record GridTable(int channels, PositionGrid grid, Tensor tensor) implements PositionTable {
  static GridTable of(int channels, PositionGrid grid) {
    return new GridTable(
        channels,
        grid,
        SinCosTable.grid(channels, grid).reshape(1, grid.height() * grid.width(), channels));
  }
}
