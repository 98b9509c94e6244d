package org.viditq.core.pipeline;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.viditq.core.error.ShapeException;

/**
 * Encoded prompts: all that sampling needs of the text encoder.
 *
 * @param prompts the texts, for names and reports
 * @param positive one embedding per prompt
 * @param negative what guidance leads away from: one embedding for all prompts or one each; absent
 *     if only unguided sampling is meant
 */
public record PromptEmbeddings(
    List<String> prompts, TextEmbeddings positive, Optional<TextEmbeddings> negative) {
  public PromptEmbeddings {
    prompts = List.copyOf(prompts);
    if (prompts.size() != positive.count()) {
      throw new ShapeException(
          "There are " + prompts.size() + " prompts but " + positive.count() + " text embeddings.");
    }
    if (negative.isPresent() && !negative.get().isNegativeOf(positive)) {
      throw new ShapeException(
          "Negative text embeddings "
              + negative.get().values().shape()
              + " do not go with prompt embeddings "
              + positive.values().shape()
              + ".");
    }
  }

  /** Number of prompts. */
  public int count() {
    return prompts.size();
  }

  /** The prompts with the given indices, in that order; an index may occur more than once. */
  public PromptEmbeddings select(List<Integer> indices) {
    return new PromptEmbeddings(
        indices.stream().map(prompts::get).collect(Collectors.toList()),
        positive.select(indices),
        negative.map(texts -> texts.count() == 1 ? texts : texts.select(indices)));
  }

  /** The negative texts, one per prompt. */
  public Optional<TextEmbeddings> negativePerPrompt() {
    return negative.map(
        texts ->
            texts.count() == count()
                ? texts
                : texts.select(
                    IntStream.range(0, count()).mapToObj(i -> 0).collect(Collectors.toList())));
  }
}
