package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.viditq.core.text.T5Tokenizer;
import org.viditq.core.text.TokenizedText;
import org.viditq.core.text.Tokenizer;
import org.viditq.core.text.Tokenizers;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.TokenizerCases;

/** {@code *.tokenizer}: texts to ids and back by the tokenizer of the case's folder. */
final class TokenizerRunners {
  private TokenizerRunners() {}

  /** {@code t5.tokenizer}: T5 and mT5, as SentencePiece and as transformers do. */
  static Results t5(FixtureCase fixture) {
    Path folder = folder(fixture);
    Results results = new Results();
    try (T5Tokenizer plain =
            T5Tokenizer.openSentencePiece(folder.resolve(fixture.setting("model").asText()));
        T5Tokenizer transformers = T5Tokenizer.open(folder)) {
      int index = 0;
      for (JsonNode entry : fixture.setting("cases")) {
        put(results, index, plain, entry);
        TokenizedText padded = tokenize(transformers, entry);
        results.put("transformers_input_ids." + index, padded.ids(), padded.ids().length);
        index++;
      }
    }
    return results;
  }

  /** {@code bert.tokenizer}. */
  static Results bert(FixtureCase fixture) {
    Results results = new Results();
    try (Tokenizer tokenizer = Tokenizers.open(folder(fixture))) {
      int index = 0;
      for (JsonNode entry : fixture.setting("cases")) {
        put(results, index++, tokenizer, entry);
      }
    }
    return results;
  }

  private static Path folder(FixtureCase fixture) {
    return fixture.file().toAbsolutePath().getParent();
  }

  private static void put(Results results, int index, Tokenizer tokenizer, JsonNode entry) {
    int[] ids = tokenizer.encode(entry.get("text").asText());
    TokenizedText padded = tokenize(tokenizer, entry);
    results
        .put("ids." + index, ids, ids.length)
        .put("decoded." + index, TokenizerCases.codePoints(tokenizer.decode(ids)))
        .put("input_ids." + index, padded.ids(), padded.ids().length)
        .put("attention_mask." + index, padded.mask(), padded.mask().length);
  }

  private static TokenizedText tokenize(Tokenizer tokenizer, JsonNode entry) {
    return tokenizer.tokenize(entry.get("text").asText(), entry.get("max_length").intValue());
  }
}
