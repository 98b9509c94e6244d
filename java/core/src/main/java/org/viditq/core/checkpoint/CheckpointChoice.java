package org.viditq.core.checkpoint;

import java.util.Optional;

/**
 * What to open where there is a choice.
 *
 * @param variant the word between the dots of {@code diffusion_pytorch_model.WORD.safetensors},
 *     such as {@code fp16}; empty for the files without one, and if there are none, for the only or
 *     the most precise variant
 * @param key the entry of a PyTorch pickle that holds the weights, such as {@code state_dict_ema},
 *     with dots for entries of entries; empty for the one that is found
 */
public record CheckpointChoice(Optional<String> variant, Optional<String> key) {
  /** The command line's name for {@link #variant}. */
  static final String VARIANT_OPTION = "--variant";

  /** The command line's name for {@link #key}. */
  static final String KEY_OPTION = "--weights-key";

  /** No preference. */
  public static final CheckpointChoice ANY =
      new CheckpointChoice(Optional.empty(), Optional.empty());

  /** A variant, if there is one, and any entry. */
  public static CheckpointChoice ofVariant(Optional<String> variant) {
    return new CheckpointChoice(variant, Optional.empty());
  }
}
