package org.viditq.core.pipeline;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.InputNames;

/**
 * Encoded prompts: all that sampling needs of the text encoders, or of the list of classes.
 *
 * @param prompts the texts or class names, for names and reports
 * @param positive what pictures are made from: a row per prompt
 * @param negative what guidance leads away from: one row for all prompts or one each; absent if
 *     only unguided sampling is meant
 */
public record EncodedPrompts(
    List<String> prompts, Conditions positive, Optional<Conditions> negative) {
  public EncodedPrompts {
    prompts = List.copyOf(prompts);
    if (prompts.size() != positive.count()) {
      throw new ShapeException(
          "There are " + prompts.size() + " prompts but " + positive.count() + " encoded ones.");
    }
    if (negative.isPresent() && !isNegativeOf(positive, negative.get())) {
      throw new ShapeException(
          "Negative prompts "
              + negative.get().describe()
              + " do not go with prompts "
              + positive.describe()
              + ".");
    }
  }

  private static boolean isNegativeOf(Conditions positive, Conditions negative) {
    return (negative.count() == 1 || negative.count() == positive.count())
        && negative.isLike(positive);
  }

  /** Number of prompts. */
  public int count() {
    return prompts.size();
  }

  /** The prompts with the given indices, in that order; an index may occur more than once. */
  public EncodedPrompts select(List<Integer> indices) {
    return new EncodedPrompts(
        indices.stream().map(prompts::get).toList(),
        positive.select(indices),
        negative.map(one -> one.count() == 1 ? one : one.select(indices)));
  }

  /**
   * The same where a negative text has the valid tokens of its prompt instead of its own, see
   * {@link org.viditq.core.model.Conditioning.Padding#MASK_OF_PROMPT}.
   */
  public EncodedPrompts withMaskOfPrompt() {
    return positive
        .find(InputNames.MASK)
        .map(
            mask ->
                new EncodedPrompts(
                    prompts,
                    positive,
                    negativePerPrompt().map(negatives -> negatives.with(InputNames.MASK, mask))))
        .orElse(this);
  }

  /** What guidance leads away from, a row per prompt. */
  public Optional<Conditions> negativePerPrompt() {
    return negative.map(
        one -> one.count() == count() ? one : one.select(Collections.nCopies(count(), 0)));
  }
}
