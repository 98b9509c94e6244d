package org.viditq.core.model.t5;

import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Tensor;

/**
 * Looks token embeddings up row by row where the table lies, so that the 32128 x 4096 table of a
 * full-size T5 needs no float32 copy.
 */
final class TokenEmbedding {
  private final StoredTensor table;

  /**
   * @param table [vocabulary, C]
   */
  TokenEmbedding(StoredTensor table) {
    this.table = table;
  }

  /**
   * @param ids one row of equal length per sample
   * @return [B, N, C]
   */
  Tensor lookUp(int[][] ids) {
    int vocabulary = table.shape().dim(0);
    int channels = table.shape().dim(1);
    int length = ids[0].length;
    float[] rows = new float[Math.multiplyExact(ids.length * length, channels)];
    for (int b = 0; b < ids.length; b++) {
      for (int i = 0; i < length; i++) {
        int id = ids[b][i];
        if (id < 0 || id >= vocabulary) {
          throw new UsageException(
              "Token id "
                  + id
                  + " is outside the text encoder's vocabulary of "
                  + vocabulary
                  + "; tokenizer and text encoder do not belong together.");
        }
        table.copyTo(id * channels, rows, (b * length + i) * channels, channels);
      }
    }
    Tensor embeddings = Tensor.of(rows, ids.length, length, channels);
    if (!embeddings.isFinite()) {
      throw new NonFiniteException(
          "Tensor " + table.name() + " holds NaN or infinity; the checkpoint is damaged.");
    }
    return embeddings;
  }
}
