package org.viditq.core.model.layer;

import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Tensor;

/**
 * Looks token embeddings up row by row where the table lies, so that the 32128 x 4096 table of a
 * full-size T5 (250112 x 2048 of an mT5) needs no float32 copy.
 */
public final class TokenEmbedding {
  private final StoredTensor table;

  /**
   * @param table [vocabulary, C]
   */
  public TokenEmbedding(StoredTensor table) {
    this.table = table;
  }

  /**
   * @param ids one row of equal length per sample, at least one row and one id
   * @return [B, N, C]
   * @throws UsageException if an id is outside the vocabulary
   * @throws NonFiniteException if a row that is looked up holds NaN or infinity
   */
  public Tensor lookUp(int[][] ids) {
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
