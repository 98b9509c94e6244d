package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.viditq.core.operators.Operators;
import org.viditq.core.text.T5Tokenizer;
import org.viditq.core.text.TokenizedText;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.TokenizerCases;

/** {@code t5.tokenizer}: texts to ids as SentencePiece and as transformers do. */
final class TokenizerRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    Path folder = fixture.file().getParent();
    Path model = folder.resolve(fixture.setting("model").asText());
    Results results = new Results();
    try (T5Tokenizer plain = T5Tokenizer.openSentencePiece(model);
        T5Tokenizer transformers = T5Tokenizer.open(folder)) {
      int index = 0;
      for (JsonNode entry : fixture.setting("cases")) {
        String text = entry.get("text").asText();
        int length = entry.get("max_length").intValue();
        int[] ids = plain.encode(text);
        TokenizedText padded = plain.tokenize(text, length);
        results
            .put("ids." + index, ids, ids.length)
            .put("decoded." + index, TokenizerCases.codePoints(plain.decode(ids)))
            .put("input_ids." + index, padded.ids(), length)
            .put("attention_mask." + index, padded.mask(), length)
            .put(
                "transformers_input_ids." + index,
                transformers.tokenize(text, length).ids(),
                length);
        index++;
      }
    }
    return results;
  }
}
