package org.viditq.core.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Placeholder;
import org.viditq.core.io.StrictJson;
import org.viditq.core.io.WholeFile;

/** The files of a tokenizer folder. */
enum TokenizerFile {
  /** Everything, for Hugging Face tokenizers. */
  JSON("tokenizer.json"),
  /** A SentencePiece model: T5 and mT5. */
  SENTENCE_PIECE("spiece.model"),
  /** WordPiece tokens, one a line: BERT. */
  WORD_PIECE("vocab.txt"),
  /** Class and options; may be absent. */
  CONFIG("tokenizer_config.json");

  /** The largest published one, mT5's tokenizer.json, has 16 MB. */
  private static final int MAX_BYTES = 256 << 20;

  private final String fileName;

  TokenizerFile(String fileName) {
    this.fileName = fileName;
  }

  Path in(Path folder) {
    return folder.resolve(fileName);
  }

  boolean isIn(Path folder) {
    return Files.isRegularFile(in(folder));
  }

  /** The failure to throw where a folder holds none of the files that a tokenizer is read from. */
  static InvalidModelException nothingIn(Path folder, String what, TokenizerFile... wanted) {
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < wanted.length; i++) {
      String separator = i == 0 ? "" : i < wanted.length - 1 ? ", " : " nor ";
      names.append(separator).append(wanted[i].fileName);
    }
    return new InvalidModelException(
        "The "
            + what
            + " folder "
            + folder
            + " holds neither "
            + names
            + "; the model is incomplete.");
  }

  /**
   * @throws InvalidModelException if the file cannot be read or is too large to be a tokenizer's
   */
  static byte[] read(Path file) {
    try {
      byte[] bytes =
          WholeFile.read(file, MAX_BYTES)
              .orElseThrow(
                  () ->
                      new InvalidModelException(
                          "The tokenizer file "
                              + file
                              + " is larger than "
                              + (MAX_BYTES >> 20)
                              + " MiB, which no tokenizer needs."));
      Optional<Placeholder> placeholder = Placeholder.of(bytes);
      if (placeholder.isPresent()) {
        throw new InvalidModelException(placeholder.get().refusal("The tokenizer file " + file));
      }
      return bytes;
    } catch (IOException e) {
      throw new InvalidModelException("Cannot read " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  /**
   * @throws InvalidModelException if the file cannot be read or is no JSON object
   */
  static JsonConfig readJson(Path file) {
    try {
      JsonNode root = StrictJson.parse(read(file));
      return JsonConfig.of(root, file.toString());
    } catch (JsonProcessingException malformed) {
      throw new InvalidModelException(
          "The tokenizer file "
              + file
              + " is not valid JSON: "
              + StrictJson.describe(malformed)
              + ".",
          malformed);
    }
  }

  /** The folder's options, if it has any. */
  static Optional<JsonConfig> config(Path folder) {
    return CONFIG.isIn(folder) ? Optional.of(readJson(CONFIG.in(folder))) : Optional.empty();
  }
}
