package org.viditq.core.model;

/** What a model makes pictures from. */
public sealed interface Conditioning {
  /**
   * One encoded text: inputs {@link InputNames#TEXT} and {@link InputNames#MASK}.
   *
   * @param features per token
   * @param tokens that prompts are cut or padded to
   * @param padding how padding is kept from having an effect
   */
  record Text(int features, int tokens, Padding padding) implements Conditioning {}

  /** How the model's published pipeline treats padding of texts. */
  enum Padding {
    /** Each text hides its own padding. */
    OWN_MASK,
    /**
     * A prompt's valid tokens are those of the prompt and of its negative text alike (Latte,
     * Open-Sora).
     */
    MASK_OF_PROMPT
  }

  /**
   * A text by two encoders: BERT gives {@link InputNames#TEXT}, mT5 {@link InputNames#TEXT_2}, each
   * with its mask.
   *
   * @param features of the first encoder
   * @param tokens of the first encoder
   * @param features2 of the second encoder
   * @param tokens2 of the second encoder
   */
  record TwoTexts(int features, int tokens, int features2, int tokens2) implements Conditioning {}

  /**
   * A class: input {@link InputNames#LABELS}; the index {@code classes} is the null class that
   * guidance leads away from.
   *
   * @param classes number of classes, the null class aside
   */
  record Classes(int classes) implements Conditioning {}
}
