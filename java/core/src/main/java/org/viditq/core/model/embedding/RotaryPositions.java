package org.viditq.core.model.embedding;

import org.viditq.core.operators.PositionTable;
import org.viditq.core.tensor.Tensor;

/**
 * One half of a {@link RotaryTable}.
 *
 * @param base as {@link RotaryTable#grid} takes it, like the extents before it
 * @param cosine whether it is the cosines or the sines
 * @param tensor [height * width, headDim]
 */
public record RotaryPositions(
    int headDim, int height, int width, int base, boolean cosine, Tensor tensor)
    implements PositionTable {
  /** Cosines, then sines. */
  public static RotaryPositions[] of(int headDim, int height, int width, int base) {
    RotaryTable table = RotaryTable.grid(headDim, height, width, base);
    return new RotaryPositions[] {
      new RotaryPositions(headDim, height, width, base, true, table.cos()),
      new RotaryPositions(headDim, height, width, base, false, table.sin())
    };
  }
}
