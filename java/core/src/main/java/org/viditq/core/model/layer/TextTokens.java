package org.viditq.core.model.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;
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

  /** Far below every score, and far from overflowing when it is added to one. */
  private static final float EXCLUDED_SCORE = -1e30f;

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
   * Text whose padding has no part in attention at all, as the original PixArt and Open-Sora code
   * has it: packed where the mask's values are known; where a graph is recorded, padded with a bias
   * under which the weight of padding is 0 in float32.
   *
   * @param tokens [B, S, C]
   * @param mask [B, S], not 0 for valid tokens; without it all are
   * @throws ShapeException if the mask does not fit the tokens or leaves a sample none
   */
  public static <V> TextTokens<V> withoutPadding(
      Operators<V> operators, V tokens, Optional<V> mask) {
    return operators.computesAtOnce()
        ? packed(operators, tokens, mask.map(operators::read))
        : new TextTokens<>(
            tokens,
            mask.map(valid -> PaddingMask.scoreBias(operators, valid, EXCLUDED_SCORE)),
            Optional.empty());
  }

  /**
   * Text whose padding is zeros, which attention sees like other tokens: what the published ViDiT-Q
   * code makes of it where layers have a calibrated grid per token index, and so need as many
   * tokens in every call.
   *
   * @param tokens [B, S, C]
   * @param mask [B, S], 1 for valid tokens and 0 for padding; without it all are valid
   */
  public static <V> TextTokens<V> zeroed(Operators<V> operators, V tokens, Optional<V> mask) {
    int batch = operators.shape(tokens).dim(0);
    int length = operators.shape(tokens).dim(1);
    V visible =
        mask.map(valid -> operators.multiply(tokens, operators.reshape(valid, batch, length, 1)))
            .orElse(tokens);
    return new TextTokens<>(visible, Optional.empty(), Optional.empty());
  }

  /**
   * Removes the padding.
   *
   * @param tokens [B, S, C]
   * @param mask [B, S], not 0 for valid tokens; without it all are
   * @throws ShapeException if the mask does not fit the tokens or leaves a sample none
   */
  public static <V> TextTokens<V> packed(Operators<V> operators, V tokens, Optional<Tensor> mask) {
    int batch = operators.shape(tokens).dim(0);
    int length = operators.shape(tokens).dim(1);
    int channels = operators.shape(tokens).dim(2);
    Tensor valid = mask.orElseGet(() -> Tensor.full(1, batch, length));
    if (!valid.shape().equals(Shape.of(batch, length))) {
      throw new ShapeException(
          "The text mask must have shape "
              + Shape.of(batch, length)
              + ", not "
              + valid.shape()
              + ".");
    }
    int[] lengths = countValid(valid.data(), batch, length);
    V rows = operators.reshape(tokens, 1, batch * length, channels);
    return new TextTokens<>(
        keepValid(operators, rows, valid.data()), Optional.empty(), Optional.of(lengths));
  }

  /** These tokens, which live on in the scope around {@code scope}. */
  public TextTokens<V> keptBy(Scope<V> scope) {
    scope.keep(tokens);
    bias.ifPresent(scope::keep);
    return this;
  }

  private static int[] countValid(float[] valid, int batch, int length) {
    int[] counts = new int[batch];
    for (int sample = 0; sample < batch; sample++) {
      for (int i = 0; i < length; i++) {
        counts[sample] += valid[sample * length + i] != 0 ? 1 : 0;
      }
      if (counts[sample] == 0) {
        throw new ShapeException(
            "The text mask hides every token of sample " + sample + ", but one must be left.");
      }
    }
    return counts;
  }

  // One slice per run of valid rows of [1, rows, C].
  private static <V> V keepValid(Operators<V> operators, V rows, float[] valid) {
    List<V> runs = new ArrayList<>();
    int from = 0;
    while (from < valid.length) {
      int to = from;
      while (to < valid.length && valid[to] != 0) {
        to++;
      }
      if (to > from) {
        runs.add(operators.slice(rows, 1, from, to));
      }
      from = to + 1;
    }
    return runs.size() == 1 ? runs.get(0) : operators.concat(runs, 1);
  }
}
