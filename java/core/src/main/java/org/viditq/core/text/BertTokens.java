package org.viditq.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;

/**
 * The strings of BERT's special tokens.
 *
 * @param start before a text
 * @param end behind a text
 */
record BertTokens(String padding, String unknown, String start, String end, String mask) {
  /**
   * Those that {@code tokenizer_config.json} names, as strings or as objects with {@code content},
   * and otherwise the usual ones.
   *
   * @throws org.viditq.core.error.InvalidModelException if one is neither
   */
  static BertTokens read(Optional<JsonConfig> config) {
    return new BertTokens(
        token(config, "pad_token", "[PAD]"),
        token(config, "unk_token", "[UNK]"),
        token(config, "cls_token", "[CLS]"),
        token(config, "sep_token", "[SEP]"),
        token(config, "mask_token", "[MASK]"));
  }

  List<String> all() {
    return List.of(padding, unknown, start, end, mask);
  }

  private static String token(Optional<JsonConfig> config, String key, String usual) {
    if (config.isEmpty() || !config.get().has(key)) {
      return usual;
    }
    JsonNode value = config.get().node().get(key);
    String text = (value.isObject() ? value.path("content") : value).asText();
    if (text.isEmpty()) {
      throw config.get().invalid(key, "a string");
    }
    return text;
  }
}
