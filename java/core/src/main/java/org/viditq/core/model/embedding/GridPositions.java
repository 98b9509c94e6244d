package org.viditq.core.model.embedding;

import org.viditq.core.operators.Operators;

/**
 * Adds the {@link SinCosTable} of a grid to its tokens; the table of the grid seen last is kept, as
 * a sampling run asks for the same one at every step.
 */
public final class GridPositions<V> {
  private final Operators<V> operators;
  private final int channels;

  /** On the Java heap: a backend's value would be released with the scope that it was made in. */
  private volatile GridTable last;

  public GridPositions(Operators<V> operators, int channels) {
    this.operators = operators;
    this.channels = channels;
  }

  /** tokens [B, height * width, C] of {@code grid}; result likewise. */
  public V addTo(V tokens, PositionGrid grid) {
    GridTable table = last;
    if (table == null || !table.grid().equals(grid)) {
      table = GridTable.of(channels, grid);
      last = table;
    }
    return operators.add(tokens, operators.table(table));
  }
}
