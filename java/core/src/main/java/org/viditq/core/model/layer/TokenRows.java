package org.viditq.core.model.layer;

import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/** Token ids and masks as text encoders take them: one row of equal length per text. */
public final class TokenRows {
  private TokenRows() {}

  /**
   * @param encoder what messages call the encoder, at the start of a sentence
   * @throws ShapeException if there is no row or no token, or rows differ in length
   */
  public static void require(String encoder, int[][] ids, Optional<int[][]> mask) {
    require(encoder, "token ids", ids, ids.length, ids.length == 0 ? 0 : ids[0].length);
    mask.ifPresent(rows -> require(encoder, "the text mask", rows, ids.length, ids[0].length));
  }

  /** Rows as a tensor [B, N]. */
  public static Tensor toTensor(int[][] rows) {
    int length = rows[0].length;
    float[] values = new float[rows.length * length];
    for (int b = 0; b < rows.length; b++) {
      for (int i = 0; i < length; i++) {
        values[b * length + i] = rows[b][i];
      }
    }
    return Tensor.of(values, rows.length, length);
  }

  private static void require(String encoder, String what, int[][] rows, int count, int length) {
    boolean fits = rows.length == count && count > 0 && length > 0;
    for (int[] row : rows) {
      fits &= row.length == length;
    }
    if (!fits) {
      throw new ShapeException(
          encoder + " takes one row of equal length per prompt, but " + what + " differ.");
    }
  }
}
