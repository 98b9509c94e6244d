package org.viditq.core.pipeline;

import java.util.List;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * Encoded texts.
 *
 * @param values [B, L, C]: C features of each of the L tokens of B texts
 * @param mask [B, L]: 1 for tokens of the text, 0 for padding
 */
public record TextEmbeddings(Tensor values, Tensor mask) {
  public TextEmbeddings {
    boolean fits =
        values.shape().rank() == 3
            && mask.shape().rank() == 2
            && values.dim(0) == mask.dim(0)
            && values.dim(1) == mask.dim(1);
    if (!fits) {
      throw new ShapeException(
          "Text embeddings "
              + values.shape()
              + " and attention mask "
              + mask.shape()
              + " do not fit together; they must be [B, L, C] and [B, L].");
    }
  }

  /** Number of texts. */
  public int count() {
    return values.dim(0);
  }

  /** Tokens per text, padding included. */
  public int tokens() {
    return values.dim(1);
  }

  /** Features per token. */
  public int features() {
    return values.dim(2);
  }

  /**
   * Whether these can guide {@code positive}: one text for all or one each, of the same extents.
   */
  boolean isNegativeOf(TextEmbeddings positive) {
    return (count() == 1 || count() == positive.count())
        && tokens() == positive.tokens()
        && features() == positive.features();
  }

  /** The texts with the given indices, in that order; an index may occur more than once. */
  public TextEmbeddings select(List<Integer> indices) {
    int width = tokens() * features();
    Tensor selectedValues = Tensor.zeros(indices.size(), tokens(), features());
    Tensor selectedMask = Tensor.zeros(indices.size(), tokens());
    for (int i = 0; i < indices.size(); i++) {
      int from = indices.get(i);
      System.arraycopy(values.data(), from * width, selectedValues.data(), i * width, width);
      System.arraycopy(mask.data(), from * tokens(), selectedMask.data(), i * tokens(), tokens());
    }
    return new TextEmbeddings(selectedValues, selectedMask);
  }

  /** These texts followed by others of the same length and width. */
  public TextEmbeddings concat(TextEmbeddings others) {
    if (others.tokens() != tokens() || others.features() != features()) {
      throw new ShapeException(
          "Text embeddings "
              + values.shape()
              + " and "
              + others.values.shape()
              + " cannot share a batch: tokens and features must be the same.");
    }
    int count = count() + others.count();
    return new TextEmbeddings(
        Tensor.of(join(values.data(), others.values.data()), count, tokens(), features()),
        Tensor.of(join(mask.data(), others.mask.data()), count, tokens()));
  }

  private static float[] join(float[] first, float[] second) {
    float[] joined = new float[first.length + second.length];
    System.arraycopy(first, 0, joined, 0, first.length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }
}
