package org.viditq.core.pipeline;

import org.viditq.core.tensor.Tensor;

/** A text encoder that runs as a whole. */
public interface TextNetwork extends AutoCloseable {
  /**
   * Encodes token ids.
   *
   * @param ids one row of equal length per text
   * @param mask likewise, 1 for tokens and 0 for padding
   * @param progress told about what is built first
   * @return [B, L, C]; rows of padding hold numbers without meaning
   * @throws org.viditq.core.error.UsageException if an id is outside the vocabulary
   */
  Tensor encode(int[][] ids, int[][] mask, ProgressListener progress);

  @Override
  void close();
}
