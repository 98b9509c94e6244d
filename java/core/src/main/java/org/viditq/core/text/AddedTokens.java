package org.viditq.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.diffusers.JsonConfig;

/** {@code added_tokens_decoder} of a {@code tokenizer_config.json}: ids to tokens. */
final class AddedTokens {
  private static final String KEY = "added_tokens_decoder";

  private AddedTokens() {}

  /**
   * The ids by the tokens' strings, in the order of the file; empty if there are none.
   *
   * @throws org.viditq.core.error.InvalidModelException if an id is no number or a token no text
   */
  static Map<String, Integer> read(JsonConfig config) {
    Map<String, Integer> tokens = new LinkedHashMap<>();
    if (!config.has(KEY)) {
      return tokens;
    }
    JsonConfig added = config.getObject(KEY);
    for (Map.Entry<String, JsonNode> entry : added.node().properties()) {
      JsonNode content = entry.getValue().path("content");
      if (!entry.getKey().matches("[0-9]{1,9}") || content.asText().isEmpty()) {
        throw config.invalid(KEY, "an object of tokens with content by their ids");
      }
      tokens.put(content.asText(), Integer.valueOf(entry.getKey()));
    }
    return tokens;
  }
}
