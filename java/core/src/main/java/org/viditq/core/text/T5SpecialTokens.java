package org.viditq.core.text;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;

/** The special tokens of a T5 folder that has no {@code tokenizer.json}. */
final class T5SpecialTokens {
  /** The same in every T5 vocabulary. */
  private static final Map<String, Integer> STANDARD = Map.of("<pad>", 0, "</s>", 1, "<unk>", 2);

  private static final String ADDED = "added_tokens_decoder";
  private static final String SENTINELS = "extra_ids";
  private static final int USUAL_SENTINELS = 100;
  private static final int MAX_SENTINELS = 10_000;

  private T5SpecialTokens() {}

  /**
   * Strings and ids: those of {@code added_tokens_decoder}, as newer versions of transformers write
   * them; of older ones padding, end and unknown token, and {@code extra_ids} (100 if absent)
   * sentinels behind the pieces, of which {@code <extra_id_0>} is the last.
   *
   * @param config {@code tokenizer_config.json}
   * @param pieces number of pieces in the vocabulary
   * @throws org.viditq.core.error.InvalidModelException if a value is unusable, naming its key
   */
  static Map<String, Integer> read(Optional<JsonConfig> config, int pieces) {
    Map<String, Integer> tokens = new HashMap<>(STANDARD);
    if (config.isPresent() && config.get().has(ADDED)) {
      tokens.putAll(AddedTokens.read(config.get()));
      return tokens;
    }
    int sentinels =
        config.map(options -> options.getInt(SENTINELS, USUAL_SENTINELS)).orElse(USUAL_SENTINELS);
    if (sentinels < 0 || sentinels > MAX_SENTINELS) {
      throw config.get().invalid(SENTINELS, "0 to " + MAX_SENTINELS);
    }
    for (int i = 0; i < sentinels; i++) {
      tokens.put("<extra_id_" + i + ">", pieces + sentinels - 1 - i);
    }
    return tokens;
  }
}
