package org.viditq.core.model.layer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/**
 * Encoded text as cross attention takes it, in one of two forms: padded, where a bias on the scores
 * hides the padding (diffusers), or packed, where only the valid tokens are there at all (original
 * PixArt and Open-Sora).
 *
 * @param tokens [B, S, C] padded; [1, sum(lengths), C] packed
 * @param bias [B, 1, 1, S] of 0 and -10000, padded only; empty if every token is valid
 * @param lengths valid tokens per sample, packed only
 */
public record TextTokens<V>(V tokens, Optional<V> bias, Optional<int[]> lengths) {
  /** What diffusers adds to the scores of padding. */
  private static final float MASKED_SCORE = -10_000f;

  /**
   * @param tokens [B, S, C]
   * @param mask [B, S], 1 for valid tokens and 0 for padding
   */
  public static <V> TextTokens<V> padded(Operators<V> operators, V tokens, Optional<V> mask) {
    return new TextTokens<>(
        tokens,
        mask.map(valid -> PaddingMask.scoreBias(operators, valid, MASKED_SCORE)),
        Optional.empty());
  }

  /**
   * Removes the padding.
   *
   * @param tokens [B, S, C]
   * @param mask [B, S], not 0 for valid tokens; without it all are
   * @throws ShapeException if the mask does not fit the tokens
   */
  public static <V> TextTokens<V> packed(Operators<V> operators, V tokens, Optional<Tensor> mask) {
    int batch = operators.shape(tokens).dim(0);
    int length = operators.shape(tokens).dim(1);
    int channels = operators.shape(tokens).dim(2);
    int[] lengths = new int[batch];
    if (mask.isEmpty()) {
      Arrays.fill(lengths, length);
      return new TextTokens<>(
          operators.reshape(tokens, 1, batch * length, channels),
          Optional.empty(),
          Optional.of(lengths));
    }
    if (mask.get().size() != batch * length) {
      throw new ShapeException(
          "A text mask of shape "
              + mask.get().shape()
              + " does not fit "
              + batch
              + " x "
              + length
              + " text tokens.");
    }
    float[] valid = mask.get().data();
    V rows = operators.reshape(tokens, 1, batch * length, channels);
    List<V> runs = new ArrayList<>();
    int start = -1;
    for (int i = 0; i <= valid.length; i++) {
      boolean keep = i < valid.length && valid[i] != 0;
      if (keep) {
        lengths[i / length]++;
      }
      if (keep && start < 0) {
        start = i;
      } else if (!keep && start >= 0) {
        runs.add(operators.slice(rows, 1, start, i));
        start = -1;
      }
    }
    if (runs.isEmpty()) {
      throw new ShapeException("A text mask hides every token of every sample.");
    }
    V kept = runs.size() == 1 ? runs.get(0) : operators.concat(runs, 1);
    return new TextTokens<>(kept, Optional.empty(), Optional.of(lengths));
  }
}
