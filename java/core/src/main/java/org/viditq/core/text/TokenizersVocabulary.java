package org.viditq.core.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * A {@code tokenizer.json} read by Hugging Face tokenizers. Strings such as {@code </s>} in a text
 * become special tokens, as in transformers.
 */
final class TokenizersVocabulary implements SubwordVocabulary {
  private static final boolean WITHOUT_SPECIAL_TOKENS = false;
  private static final boolean WITHOUT_OVERFLOWING_TOKENS = false;

  private final HuggingFaceTokenizer tokenizer;

  private TokenizersVocabulary(HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  static TokenizersVocabulary open(Path json) {
    // The file may ask for truncation and padding; both are done by the caller.
    Map<String, String> options = Map.of("truncation", "false", "padding", "false");
    return new TokenizersVocabulary(
        NativeTokenizers.load(
            "Hugging Face tokenizers",
            json,
            () -> HuggingFaceTokenizer.newInstance(json, options)));
  }

  @Override
  public int[] encode(String text) {
    long[] ids =
        tokenizer.encode(text, WITHOUT_SPECIAL_TOKENS, WITHOUT_OVERFLOWING_TOKENS).getIds();
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public String decode(int[] ids) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray());
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
