package org.viditq.tests.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;
import org.viditq.core.text.BertTokenizer;
import org.viditq.core.text.T5Tokenizer;
import org.viditq.core.text.TokenizedText;
import org.viditq.core.text.Tokenizer;
import org.viditq.core.text.Tokenizers;

/** What the golden cases of the tokenizers cannot show. */
class TokenizersTest {
  private static final Path FIXTURES = Path.of("fixtures");
  private static final Path SAMPLE = Path.of("..", "samples", "pixart-mini", "tokenizer");
  private static final Path BERT = FIXTURES.resolve("bert.tokenizer");
  private static final Path BERT_JSON = FIXTURES.resolve("bert.tokenizer.cased");
  private static final Path MT5 = FIXTURES.resolve("mt5.tokenizer");
  private static final String EMOJI = "\uD83D\uDE00";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert.tokenizer",
        "bert.tokenizer.cased",
        "mt5.tokenizer",
        "t5.tokenizer",
        "../../samples/pixart-mini/tokenizer"
      })
  void everyStringIsAText(String name) {
    try (Tokenizer tokenizer = Tokenizers.open(FIXTURES.resolve(name))) {
      for (String text :
          new String[] {
            "",
            "\0",
            "a\0b",
            "\uD800",
            "x\uDC00y",
            "\uDE00\uD83D",
            EMOJI,
            "\u202E\u0642\u0637\u0629",
            "\uFEFF",
            "e\u0301".repeat(50),
            "a".repeat(100_000),
            "a cat ".repeat(17_000),
            EMOJI.repeat(50_000),
            "\u732B".repeat(100_000)
          }) {
        TokenizedText tokens = tokenizer.tokenize(text, 77);
        assertThat(tokens.ids()).hasSize(77);
        int used = Arrays.stream(tokens.mask()).sum();
        assertThat(tokens.mask()).hasSize(77).startsWith(ones(used)).endsWith(new int[77 - used]);
        tokens.removed().ifPresent(cut -> assertThat(cut).isNotEmpty());
      }
      assertThat(tokenizer.encode("x\uD800y")).containsExactly(tokenizer.encode("x\uFFFDy"));
      assertThat(tokenizer.encode("")).isEmpty();
    }
  }

  private static int[] ones(int count) {
    int[] ones = new int[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Test
  void theLengthLeavesRoomForSpecialTokens() {
    try (Tokenizer bert = Tokenizers.open(BERT);
        Tokenizer t5 = Tokenizers.open(MT5)) {
      assertThat(bert.tokenize("a cat", 2).ids()).containsExactly(3, 4);
      assertThat(bert.tokenize("a cat", 3).removed()).hasValue("cat");
      assertThat(t5.tokenize("a cat", 1).ids()).containsExactly(1);
      for (Tokenizer tokenizer : new Tokenizer[] {bert, t5}) {
        assertThatThrownBy(() -> tokenizer.tokenize("a cat", 0))
            .isInstanceOf(UsageException.class)
            .hasMessageContaining("0 tokens");
      }
      assertThatThrownBy(() -> bert.tokenize("", 1)).isInstanceOf(UsageException.class);
    }
  }

  @Test
  void removedTextKeepsCharactersBeyondU_FFFF() {
    try (Tokenizer tokenizer = Tokenizers.open(MT5)) {
      String text = "a cat " + EMOJI + " \uD83E\uDD70 end";
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
      assertThat(tokenizer.tokenize(text, 3).removed().orElseThrow()).contains(EMOJI);
    }
  }

  @Test
  void bertVocabularyIsTheSameInBothFiles() throws IOException {
    JsonNode json = new ObjectMapper().readTree(BERT_JSON.resolve("tokenizer.json").toFile());
    Map<Integer, String> lines = new TreeMap<>();
    json.get("model").get("vocab").properties().forEach(e -> put(lines, e));
    Files.write(folder.resolve("vocab.txt"), lines.values());
    Files.copy(BERT_JSON.resolve("tokenizer_config.json"), folder.resolve("tokenizer_config.json"));
    JsonNode cases = new ObjectMapper().readTree(BERT_JSON.resolve("cases.json").toFile());
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      for (JsonNode entry : cases.get("cases")) {
        int[] ids = tokenizer.tokenize(entry.get("text").asText(), 77).ids();
        assertThat(new ObjectMapper().<JsonNode>valueToTree(ids)).isEqualTo(entry.get("input_ids"));
      }
    }
  }

  private static void put(Map<Integer, String> lines, Map.Entry<String, JsonNode> entry) {
    lines.put(entry.getValue().intValue(), entry.getKey());
  }

  /** As in transformers: options count even where tokenizer.json was written with others. */
  @Test
  void optionsOfTheConfigurationOverruleTokenizerJson() throws IOException {
    Files.copy(BERT_JSON.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    try (Tokenizer asWritten = Tokenizers.open(BERT_JSON);
        Tokenizer byDefault = Tokenizers.open(folder)) {
      assertThat(asWritten.encode("CAT")).isNotEqualTo(byDefault.encode("CAT"));
      assertThat(byDefault.encode("CAT")).containsExactly(asWritten.encode("cat"));
      assertThat(byDefault.encode("C\u00C1T")).containsExactly(asWritten.encode("cat"));
    }
  }

  @Test
  void equalLinesOfAVocabularyHaveTheLastId() throws IOException {
    Files.writeString(
        folder.resolve("vocab.txt"),
        "cat\r\n[PAD]\n[UNK]\n[CLS]\n[SEP]\ncat\n",
        StandardCharsets.UTF_8);
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      assertThat(tokenizer.encode("cat")).containsExactly(5);
      assertThat(tokenizer.encode("dog")).containsExactly(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[UNK]", "[CLS]", "[SEP]", "[PAD]"})
  void aVocabularyWithoutASpecialTokenIsRefused(String token) throws IOException {
    String vocabulary = Files.readString(BERT.resolve("vocab.txt")).replace(token + "\n", "");
    Path file = Files.writeString(folder.resolve("vocab.txt"), vocabulary);
    assertThatThrownBy(() -> Tokenizers.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(token)
        .hasMessageContaining(file.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "T5Tokenizer, false",
    "MT5Tokenizer, false",
    "T5TokenizerFast, true",
    "PreTrainedTokenizerFast, true",
    ", true"
  })
  void theClassChoosesAmongT5sFiles(String className, boolean json) throws IOException {
    Files.copy(SAMPLE.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.copy(MT5.resolve("spiece.model"), folder.resolve("spiece.model"));
    configure("tokenizer_class", className);
    try (Tokenizer tokenizer = Tokenizers.open(folder);
        Tokenizer expected =
            json
                ? T5Tokenizer.openJson(SAMPLE.resolve("tokenizer.json"))
                : T5Tokenizer.openSentencePiece(MT5.resolve("spiece.model"))) {
      assertThat(tokenizer).isInstanceOf(T5Tokenizer.class);
      assertThat(tokenizer.encode("a photograph")).containsExactly(expected.encode("a photograph"));
    }
  }

  @Test
  void tokenizerJsonAloneTellsItsKind() throws IOException {
    Path json = folder.resolve("tokenizer.json");
    Files.copy(SAMPLE.resolve("tokenizer.json"), json);
    assertKind(T5Tokenizer.class);
    Files.delete(json);
    Files.copy(BERT_JSON.resolve("tokenizer.json"), json);
    assertKind(BertTokenizer.class);
    Files.writeString(json, "{\"model\": {\"type\": \"BPE\"}}");
    assertThatThrownBy(() -> Tokenizers.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("BPE")
        .hasMessageContaining(json.toString());
  }

  private void assertKind(Class<? extends Tokenizer> kind) {
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      assertThat(tokenizer).isInstanceOf(kind);
    }
  }

  @Test
  void filesOfTheOtherModelAreRefused() throws IOException {
    configure("tokenizer_class", "T5TokenizerFast");
    Files.copy(BERT_JSON.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    assertThatThrownBy(() -> Tokenizers.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("<pad>");
    configure("tokenizer_class", "BertTokenizer");
    Files.delete(folder.resolve("tokenizer.json"));
    Files.copy(SAMPLE.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    assertThatThrownBy(() -> Tokenizers.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("WordPiece");
  }

  @Test
  void unknownClassesAndMissingFilesAreNamed() throws IOException {
    assertThatThrownBy(() -> Tokenizers.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("tokenizer.json, spiece.model nor vocab.txt");
    configure("tokenizer_class", "BertTokenizer");
    assertThatThrownBy(() -> Tokenizers.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("tokenizer.json nor vocab.txt");
    configure("tokenizer_class", "GemmaTokenizer");
    assertThatThrownBy(() -> Tokenizers.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("tokenizer_class");
  }

  /** Folders of before transformers 4.34 list no added tokens. */
  @Test
  void sentinelsOfT5AreTheIdsBehindThePieces() throws IOException {
    Files.copy(MT5.resolve("spiece.model"), folder.resolve("spiece.model"));
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      assertThat(tokenizer.encode("<extra_id_0><extra_id_99>")).containsExactly(480, 381);
    }
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"extra_ids\": 0}");
    try (Tokenizer tokenizer = Tokenizers.open(folder)) {
      assertThat(Arrays.stream(tokenizer.encode("<extra_id_0>")).max().orElseThrow())
          .isLessThan(381);
    }
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"extra_ids\": -1}");
    assertThatThrownBy(() -> Tokenizers.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("extra_ids");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "added_tokens_decoder | {\"x\": {\"content\": \"<a>\"}}",
        "added_tokens_decoder | {\"7\": {}}",
        "added_tokens_decoder | {\"7\": \"<a>\"}",
        "added_tokens_decoder | 3",
        "do_lower_case | \"yes\"",
        "pad_token | {}",
        "tokenizer_class | 5"
      })
  void wrongOptionsNameTheirKey(String key, String json) throws IOException {
    Files.copy(BERT.resolve("vocab.txt"), folder.resolve("vocab.txt"));
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"" + key + "\": " + json + "}");
    assertThatThrownBy(() -> Tokenizers.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(key);
  }

  private void configure(String key, String value) throws IOException {
    ObjectNode config = new ObjectMapper().createObjectNode();
    if (value != null) {
      config.put(key, value);
    }
    Files.writeString(folder.resolve("tokenizer_config.json"), config.toString());
  }
}
