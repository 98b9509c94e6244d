package org.viditq.core.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.viditq.core.error.InvalidModelException;

/**
 * A {@code tokenizer.json} read by Hugging Face tokenizers. Strings such as {@code </s>} in a text
 * become special tokens, as in transformers.
 */
final class TokenizersVocabulary implements SubwordVocabulary {
  private static final boolean WITHOUT_SPECIAL_TOKENS = false;
  private static final boolean WITHOUT_OVERFLOWING_TOKENS = false;

  private final HuggingFaceTokenizer tokenizer;
  private final Path file;

  private TokenizersVocabulary(HuggingFaceTokenizer tokenizer, Path file) {
    this.tokenizer = tokenizer;
    this.file = file;
  }

  static TokenizersVocabulary open(Path json) {
    return open(TokenizerFile.read(json), json);
  }

  /**
   * @param json what a {@code tokenizer.json} holds
   * @param file what messages name
   */
  static TokenizersVocabulary open(byte[] json, Path file) {
    // The file may ask for truncation and padding; both are done by the caller.
    Map<String, String> options = Map.of("truncation", "false", "padding", "false");
    return new TokenizersVocabulary(
        NativeTokenizers.load(
            "Hugging Face tokenizers",
            file,
            () -> HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options)),
        file);
  }

  @Override
  public int[] encode(String text) {
    long[] ids;
    try {
      ids =
          tokenizer
              .encode(WellFormedText.of(text), WITHOUT_SPECIAL_TOKENS, WITHOUT_OVERFLOWING_TOKENS)
              .getIds();
    } catch (RuntimeException unsplittable) {
      throw new InvalidModelException(
          "The tokenizer file " + file + " has no tokens for a text; it is incomplete.",
          unsplittable);
    }
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
