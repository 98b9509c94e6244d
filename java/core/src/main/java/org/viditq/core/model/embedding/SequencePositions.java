package org.viditq.core.model.embedding;

import org.viditq.core.operators.Operators;

/**
 * The {@link SinCosTable} of a sequence as a value; that of the length seen last is kept, as a
 * sampling run asks for the same one at every step.
 */
public final class SequencePositions<V> {
  private final Operators<V> operators;
  private final int channels;
  private final double scale;

  /** On the Java heap: a backend's value would be released with the scope that it was made in. */
  private volatile SequenceTable last;

  /**
   * @param scale divisor of positions
   */
  public SequencePositions(Operators<V> operators, int channels, double scale) {
    this.operators = operators;
    this.channels = channels;
    this.scale = scale;
  }

  /** [1, length, channels]. */
  public V of(int length) {
    SequenceTable table = last;
    if (table == null || table.length() != length) {
      table = SequenceTable.of(channels, length, scale);
      last = table;
    }
    return operators.table(table);
  }
}
