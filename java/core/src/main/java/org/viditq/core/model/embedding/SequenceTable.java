package org.viditq.core.model.embedding;

import org.viditq.core.operators.PositionTable;
import org.viditq.core.tensor.Tensor;

/**
 * {@link SinCosTable#sequence} of a clip's frames.
 *
 * @param scale divisor of positions
 * @param tensor [1, length, channels]
 */
public record SequenceTable(int channels, int length, double scale, Tensor tensor)
    implements PositionTable {
  public static SequenceTable of(int channels, int length, double scale) {
    return new SequenceTable(
        channels,
        length,
        scale,
        SinCosTable.sequence(channels, length, scale).reshape(1, length, channels));
  }
}
