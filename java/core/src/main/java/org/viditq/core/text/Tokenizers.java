package org.viditq.core.text;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;

/** Finds the tokenizer that a folder holds. */
public final class Tokenizers {
  private static final String WORD_PIECE_MODEL = "WordPiece";
  private static final String UNIGRAM_MODEL = "Unigram";

  private Tokenizers() {}

  /**
   * Opens the tokenizer of a folder; the caller closes it. Which one it is, is said by {@code
   * tokenizer_class} in {@code tokenizer_config.json} (T5, mT5 or BERT, slow or fast), and
   * otherwise by the files: {@code spiece.model} is T5's, {@code vocab.txt} is BERT's, and a {@code
   * tokenizer.json} tells the kind of its vocabulary.
   *
   * @throws InvalidModelException if the folder holds no tokenizer, one of another class, or a
   *     damaged file
   * @throws org.viditq.core.error.BackendException if the native tokenizer library does not load
   */
  public static Tokenizer open(Path folder) {
    return isBert(folder) ? BertTokenizer.open(folder) : T5Tokenizer.open(folder);
  }

  private static boolean isBert(Path folder) {
    Optional<JsonConfig> config = TokenizerFile.config(folder);
    Optional<String> className = config.flatMap(options -> options.findString("tokenizer_class"));
    if (className.isPresent()) {
      switch (className.get().toLowerCase(Locale.ROOT)) {
        case "berttokenizer", "berttokenizerfast":
          return true;
        case "t5tokenizer", "t5tokenizerfast", "mt5tokenizer", "mt5tokenizerfast":
          return false;
        case "pretrainedtokenizerfast", "tokenizersbackend": // any kind: see the files
          break;
        default:
          throw config.get().invalid("tokenizer_class", "T5Tokenizer or BertTokenizer");
      }
    }
    if (TokenizerFile.SENTENCE_PIECE.isIn(folder)) {
      return false;
    }
    if (TokenizerFile.WORD_PIECE.isIn(folder)) {
      return true;
    }
    if (!TokenizerFile.JSON.isIn(folder)) {
      throw TokenizerFile.nothingIn(
          folder,
          "tokenizer",
          TokenizerFile.JSON,
          TokenizerFile.SENTENCE_PIECE,
          TokenizerFile.WORD_PIECE);
    }
    JsonConfig model = TokenizerFile.readJson(TokenizerFile.JSON.in(folder)).getObject("model");
    String type = model.getString("type");
    if (!type.equals(WORD_PIECE_MODEL) && !type.equals(UNIGRAM_MODEL)) {
      throw model.invalid("type", "\"" + WORD_PIECE_MODEL + "\" or \"" + UNIGRAM_MODEL + "\"");
    }
    return type.equals(WORD_PIECE_MODEL);
  }
}
