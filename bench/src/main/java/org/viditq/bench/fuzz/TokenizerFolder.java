package org.viditq.bench.fuzz;

import java.io.IOException;
import org.viditq.core.text.TokenizedText;
import org.viditq.core.text.Tokenizer;
import org.viditq.core.text.Tokenizers;

/** Opens the scratch folder as that of a tokenizer, and uses it. */
final class TokenizerFolder {
  private static final int TOKENS = 12;

  private TokenizerFolder() {}

  /** With one file in it. */
  static void read(String name, byte[] content) throws IOException {
    Scratch.write(name, content);
    try (Tokenizer tokenizer = Tokenizers.open(Scratch.FOLDER)) {
      TokenizedText text = tokenizer.tokenize("Cats, 2 caf\u00E9s and \u732B <x> [UNK]", TOKENS);
      if (text.ids().length != TOKENS) {
        throw new AssertionError("There are " + text.ids().length + " tokens, not " + TOKENS + ".");
      }
      tokenizer.decode(tokenizer.encode("a b"));
    }
  }
}
