package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import org.viditq.core.operators.Operators;
import org.viditq.core.text.TokenizedText;
import org.viditq.core.text.Tokenizer;
import org.viditq.core.text.Tokenizers;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.TokenizerCases;

/** {@code bert.tokenizer}: texts to ids by the tokenizer of the fixture's folder. */
final class BertTokenizerRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    Results results = new Results();
    try (Tokenizer tokenizer = Tokenizers.open(fixture.file().toAbsolutePath().getParent())) {
      int index = 0;
      for (JsonNode entry : fixture.setting("cases")) {
        String text = entry.get("text").asText();
        int length = entry.get("max_length").intValue();
        int[] ids = tokenizer.encode(text);
        TokenizedText padded = tokenizer.tokenize(text, length);
        results
            .put("ids." + index, ids, ids.length)
            .put("decoded." + index, TokenizerCases.codePoints(tokenizer.decode(ids)))
            .put("input_ids." + index, padded.ids(), length)
            .put("attention_mask." + index, padded.mask(), length);
        index++;
      }
    }
    return results;
  }
}
