package org.viditq.core.text;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;

/**
 * BERT's tokenizer: words are cut at white space, punctuation and around Chinese characters, and
 * split into WordPiece tokens; words of more than 100 characters, and those that no tokens make up,
 * are {@code [UNK]}. A text is {@code [CLS]} tokens {@code [SEP]}, then {@code [PAD]}.
 *
 * <p>{@code tokenizer_config.json} says whether letters become lower case ({@code do_lower_case},
 * default true), accents are removed ({@code strip_accents}, by default together with lower case)
 * and Chinese characters are cut off one by one ({@code tokenize_chinese_chars}, default true).
 *
 * <p>Results are those of {@code BertTokenizerFast}, and of {@code BertTokenizer} in transformers
 * 5. The slow {@code BertTokenizer} of transformers 4 differs where accents are kept, as it
 * composes them (NFC) first, and in characters without a meaning in Unicode, which it drops.
 */
public final class BertTokenizer implements Tokenizer {
  private final SubwordVocabulary vocabulary;
  private final int[] before;
  private final int[] after;
  private final int padding;

  private BertTokenizer(SubwordVocabulary vocabulary, int start, int end, int padding) {
    this.vocabulary = vocabulary;
    this.before = new int[] {start};
    this.after = new int[] {end};
    this.padding = padding;
  }

  /**
   * Opens the tokenizer of a folder: its {@code tokenizer.json} if there is one, as transformers
   * does, else its {@code vocab.txt}. Both give the same ids: of {@code tokenizer.json} too, the
   * options are those of {@code tokenizer_config.json}.
   *
   * @throws org.viditq.core.error.InvalidModelException if the folder holds neither, the file is
   *     damaged, or its vocabulary lacks a special token
   * @throws org.viditq.core.error.BackendException if the native tokenizer library does not load
   */
  public static BertTokenizer open(Path folder) {
    Optional<JsonConfig> config = TokenizerFile.config(folder);
    BertTokens tokens = BertTokens.read(config);
    BertVocabularyFile file;
    if (TokenizerFile.JSON.isIn(folder)) {
      file = BertVocabularyFile.json(TokenizerFile.JSON.in(folder), config);
    } else if (TokenizerFile.WORD_PIECE.isIn(folder)) {
      file = BertVocabularyFile.lines(TokenizerFile.WORD_PIECE.in(folder), config, tokens);
    } else {
      throw TokenizerFile.nothingIn(
          folder, "tokenizer", TokenizerFile.JSON, TokenizerFile.WORD_PIECE);
    }
    file.id(tokens.unknown());
    int start = file.id(tokens.start());
    int end = file.id(tokens.end());
    int padding = file.id(tokens.padding());
    return new BertTokenizer(
        TokenizersVocabulary.open(file.toJson(), file.file()), start, end, padding);
  }

  @Override
  public TokenizedText tokenize(String text, int length) {
    return SpecialTokens.around(vocabulary, text, length, before, after, padding);
  }

  @Override
  public int[] encode(String text) {
    return vocabulary.encode(text);
  }

  @Override
  public String decode(int[] ids) {
    return vocabulary.decode(ids);
  }

  @Override
  public void close() {
    vocabulary.close();
  }
}
