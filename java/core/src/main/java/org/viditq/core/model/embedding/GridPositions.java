package org.viditq.core.model.embedding;

import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/**
 * Adds the {@link SinCosTable} of a grid to its tokens; the table of the grid seen last is kept, as
 * a sampling run asks for the same one at every step.
 */
public final class GridPositions<V> {
  private final Operators<V> operators;
  private final int channels;
  private volatile Entry<V> last;

  private record Entry<V>(PositionGrid grid, V table) {}

  public GridPositions(Operators<V> operators, int channels) {
    this.operators = operators;
    this.channels = channels;
  }

  /** tokens [B, height * width, C] of {@code grid}; result likewise. */
  public V addTo(V tokens, PositionGrid grid) {
    Entry<V> entry = last;
    if (entry == null || !entry.grid().equals(grid)) {
      Tensor table = SinCosTable.grid(channels, grid);
      V constant = operators.constant(table.reshape(1, grid.height() * grid.width(), channels));
      entry = new Entry<>(grid, constant);
      last = entry;
    }
    return operators.add(tokens, entry.table());
  }
}
