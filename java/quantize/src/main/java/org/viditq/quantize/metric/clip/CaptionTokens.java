package org.viditq.quantize.metric.clip;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.text.TokenizedText;
import org.viditq.core.text.Tokenizer;
import org.viditq.core.text.Tokenizers;

/**
 * Prompts as token ids of a fixed number, cut or padded at the end: by a folder with the tokenizer
 * of a text encoder, or by a {@code tokenizer.json} of any kind, with the special tokens that it
 * asks for.
 */
final class CaptionTokens {
  private CaptionTokens() {}

  /**
   * @param ids of the tokens
   * @param mask 1 for tokens, 0 for padding
   */
  record Encoded(long[] ids, long[] mask) {}

  static Encoded encode(Path tokenizer, String caption, int length, long padding) {
    return Files.isDirectory(tokenizer)
        ? byFolder(tokenizer, caption, length)
        : byFile(tokenizer, caption, length, padding);
  }

  private static Encoded byFolder(Path folder, String caption, int length) {
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      TokenizedText text = tokenizer.tokenize(caption, length);
      Encoded encoded = new Encoded(new long[length], new long[length]);
      for (int i = 0; i < length; i++) {
        encoded.ids()[i] = text.ids()[i];
        encoded.mask()[i] = text.mask()[i];
      }
      return encoded;
    }
  }

  private static Encoded byFile(Path file, String caption, int length, long padding) {
    long[] ids;
    try (HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(file, Map.of("truncation", "false", "padding", "false"))) {
      ids = tokenizer.encode(caption, true, false).getIds();
    } catch (Exception | LinkageError unusable) {
      throw new InvalidModelException(
          "The tokenizer " + file + " cannot be used; give a tokenizer.json of Hugging Face.",
          unusable);
    }
    Encoded encoded = new Encoded(new long[length], new long[length]);
    for (int i = 0; i < length; i++) {
      encoded.ids()[i] = i < ids.length ? ids[i] : padding;
      encoded.mask()[i] = i < ids.length ? 1 : 0;
    }
    if (ids.length > length) {
      // The end-of-text token, where text encoders pool, stays the last one.
      encoded.ids()[length - 1] = ids[ids.length - 1];
    }
    return encoded;
  }
}
