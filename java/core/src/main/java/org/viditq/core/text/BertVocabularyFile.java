package org.viditq.core.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;

/**
 * BERT's vocabulary as a document for Hugging Face tokenizers: made of a {@code vocab.txt}, or a
 * {@code tokenizer.json} with the options of {@code tokenizer_config.json} put in, whose values or
 * defaults count in transformers whatever {@code tokenizer.json} says.
 */
final class BertVocabularyFile {
  /** Longer words are unknown. */
  private static final int MAX_WORD_CHARACTERS = 100;

  private static final String MODEL = "model";
  private static final String VOCABULARY = "vocab";
  private static final String NORMALIZER = "normalizer";
  private static final String ADDED_TOKENS = "added_tokens";

  private final Path file;
  private final ObjectNode document;

  private BertVocabularyFile(Path file, ObjectNode document) {
    this.file = file;
    this.document = document;
  }

  /**
   * Reads a {@code tokenizer.json}.
   *
   * @throws InvalidModelException if it is damaged or its model is not WordPiece
   */
  static BertVocabularyFile json(Path file, Optional<JsonConfig> config) {
    JsonConfig root = TokenizerFile.readJson(file);
    JsonConfig model = root.getObject(MODEL);
    if (!model.getString("type").equals("WordPiece")) {
      throw model.invalid("type", "\"WordPiece\", which is BERT's");
    }
    model.getObject(VOCABULARY);
    ObjectNode document = (ObjectNode) root.node();
    if (document.path(NORMALIZER).path("type").asText().equals("BertNormalizer")) {
      putOptions((ObjectNode) document.get(NORMALIZER), config);
    }
    return new BertVocabularyFile(file, document);
  }

  /**
   * Reads a {@code vocab.txt}: a token per line, its id the number of the line from 0; of equal
   * lines the last one counts.
   *
   * @throws InvalidModelException if it is not UTF-8
   */
  static BertVocabularyFile lines(Path file, Optional<JsonConfig> config, BertTokens tokens) {
    ObjectNode document = new ObjectMapper().createObjectNode();
    ObjectNode model = document.putObject(MODEL);
    model.put("type", "WordPiece");
    model.put("unk_token", tokens.unknown());
    model.put("continuing_subword_prefix", "##");
    model.put("max_input_chars_per_word", MAX_WORD_CHARACTERS);
    ObjectNode vocabulary = model.putObject(VOCABULARY);
    int id = 0;
    for (String line : (Iterable<String>) text(file).lines()::iterator) {
      vocabulary.put(line, id++);
    }
    ObjectNode normalizer = document.putObject(NORMALIZER);
    normalizer.put("type", "BertNormalizer");
    normalizer.put("clean_text", true);
    putOptions(normalizer, config);
    document.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    document.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ArrayNode added = document.putArray(ADDED_TOKENS);
    for (String token : tokens.all()) {
      if (vocabulary.has(token)) {
        addToken(added, token, vocabulary.get(token).intValue());
      }
    }
    config.map(AddedTokens::read).orElse(Map.of()).entrySet().stream()
        .filter(entry -> !tokens.all().contains(entry.getKey()))
        .sorted(Map.Entry.comparingByValue())
        .forEach(entry -> addToken(added, entry.getKey(), entry.getValue()));
    return new BertVocabularyFile(file, document);
  }

  /** The file it was made of. */
  Path file() {
    return file;
  }

  /** The document. */
  byte[] toJson() {
    try {
      return new ObjectMapper().writeValueAsBytes(document);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("A tree could not be written.", impossible);
    }
  }

  /**
   * The id of a token.
   *
   * @throws InvalidModelException if the vocabulary lacks it
   */
  int id(String token) {
    JsonNode id = document.get(MODEL).get(VOCABULARY).path(token);
    if (id.canConvertToInt() && id.isIntegralNumber()) {
      return id.intValue();
    }
    for (JsonNode entry : document.path(ADDED_TOKENS)) {
      if (entry.path("content").asText().equals(token) && entry.path("id").canConvertToInt()) {
        return entry.get("id").intValue();
      }
    }
    throw new InvalidModelException(
        "The vocabulary " + file + " lacks the token " + token + ", which BERT needs.");
  }

  // Absent strip_accents means: together with lower case.
  private static void putOptions(ObjectNode normalizer, Optional<JsonConfig> config) {
    normalizer.put("lowercase", option(config, "do_lower_case").orElse(true));
    normalizer.put("handle_chinese_chars", option(config, "tokenize_chinese_chars").orElse(true));
    option(config, "strip_accents")
        .ifPresentOrElse(
            strip -> normalizer.put("strip_accents", strip),
            () -> normalizer.putNull("strip_accents"));
  }

  private static Optional<Boolean> option(Optional<JsonConfig> config, String key) {
    return config.filter(options -> options.has(key)).map(options -> options.getBoolean(key));
  }

  private static void addToken(ArrayNode added, String token, int id) {
    added
        .addObject()
        .put("id", id)
        .put("content", token)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
  }

  private static String text(Path file) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(TokenizerFile.read(file)))
          .toString();
    } catch (CharacterCodingException malformed) {
      throw new InvalidModelException(
          "The vocabulary " + file + " is damaged: it is not UTF-8.", malformed);
    }
  }
}
