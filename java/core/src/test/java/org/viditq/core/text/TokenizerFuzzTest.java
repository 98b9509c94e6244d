package org.viditq.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.fuzz.Fuzz;
import org.viditq.core.fuzz.JsonMutations;

/** Damaged tokenizer files are refused in a sentence. */
class TokenizerFuzzTest {
  private static final Path NAME = Path.of("spiece.model");

  @TempDir Path folder;

  /** As SentencePiece 0.2.2 decodes this model, to which it wants the other 254 bytes added. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "true|true|3 4 1|'a\uD83D\uDE00'",
        "true|true|4 3 2 4|'\uD83D\uDE00 a ? \uD83D\uDE00'",
        "true|true|5 6 3 5|'\u00E9 a\uFFFD'",
        "true|true|7 7 3|'a'",
        "true|true|7 2 3|' ?  a'",
        "true|true|7 7 5 6|'\u00E9'",
        "true|false|7 7 3|'  a'",
        "true|false|7 2 3|' ?  a'",
        "true|false|1 7 3|' a'",
        "true|false|5 7 3|'\uFFFD  a'",
        "true|false|7 7 5 6|' \u00E9'",
        "true|false|3 3|'a a'",
        "false|true|7 7 3|'a'",
        "false|true|3 3|'a a'",
        "false|false|7 7 3|'   a'",
        "false|false|7 2 3|'  ?  a'",
        "false|false|7 7 5 6|'  \u00E9'",
        "false|false|7|' '"
      })
  void piecesBecomeText(boolean dummyPrefix, boolean extraSpaceRemoved, String ids, String text)
      throws IOException {
    SentencePieces pieces = SentencePieces.read(model(dummyPrefix, extraSpaceRemoved), NAME);
    assertThat(pieces.size()).isEqualTo(8);
    int[] numbers = Stream.of(ids.split(" ")).mapToInt(Integer::parseInt).toArray();
    assertThat(pieces.decode(numbers)).isEqualTo(text);
  }

  @Test
  void otherFilesAreNoSentencePieceModel() {
    for (byte[] bytes : new byte[][] {{}, {10}, "not a model".getBytes(StandardCharsets.UTF_8)}) {
      assertThatThrownBy(() -> SentencePieces.read(bytes, NAME))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("spiece.model");
    }
  }

  /** Found by bench/fuzz: the native library ended the process over one. */
  @Test
  void piecesHoldNoZeros() throws IOException {
    byte[] model = model(true, true);
    byte[] piece = "\uD83D\uDE00".getBytes(StandardCharsets.UTF_8);
    int place =
        new String(model, StandardCharsets.ISO_8859_1)
            .indexOf(new String(piece, StandardCharsets.ISO_8859_1));
    model[place + piece.length - 1] = 0;
    for (int i = 0; i < piece.length - 1; i++) {
      model[place + i] = 'a';
    }
    assertThatThrownBy(() -> SentencePieces.read(model, NAME))
        .isInstanceOf(InvalidModelException.class)
        .hasRootCauseMessage("A piece holds character 0.");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void damagedSentencePieceModels(int seed) {
    Fuzz.run(
        seed,
        700,
        random -> {
          byte[] model = model(random.nextBoolean(), random.nextBoolean());
          for (int n = 1 + random.nextInt(4); n > 0; n--) {
            model[random.nextInt(model.length)] = (byte) random.nextInt(256);
          }
          SentencePieces pieces = SentencePieces.read(model, NAME);
          int[] ids = random.ints(20, 0, pieces.size()).toArray();
          pieces.decode(ids);
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void damagedBertFolders(int seed) throws IOException {
    String json =
        "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"id\":0,"
            + "\"content\":\"[UNK]\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
            + "\"normalized\":false,\"special\":true}],\"normalizer\":{\"type\":\"BertNormalizer\","
            + "\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,"
            + "\"lowercase\":true},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"
            + "\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true},"
            + "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\","
            + "\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":100,\"vocab\":"
            + "{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"[PAD]\":3,\"cat\":4,\"##s\":5}}}";
    String config =
        "{\"do_lower_case\":true,\"strip_accents\":null,\"tokenize_chinese_chars\":false,"
            + "\"pad_token\":{\"content\":\"[PAD]\"},\"tokenizer_class\":\"BertTokenizer\","
            + "\"added_tokens_decoder\":{\"0\":{\"content\":\"[UNK]\"},\"9\":{\"content\":\"<x>\"}}}";
    String vocabulary = "[UNK]\n[CLS]\n[SEP]\n[PAD]\ncat\n##s\n";
    Fuzz.run(
        seed,
        150,
        random -> {
          boolean lines = random.nextBoolean();
          Files.deleteIfExists(folder.resolve(lines ? "tokenizer.json" : "vocab.txt"));
          if (lines) {
            Files.write(folder.resolve("vocab.txt"), damaged(vocabulary, random));
          } else {
            Files.writeString(folder.resolve("tokenizer.json"), mutated(json, random));
          }
          Files.writeString(
              folder.resolve("tokenizer_config.json"),
              random.nextInt(3) == 0 ? mutated(config, random) : config);
          try (Tokenizer tokenizer = Tokenizers.open(folder)) {
            tokenizer.tokenize("Cats and \u732B <x> [UNK]", 9);
          }
        });
  }

  private static String mutated(String json, Random random) {
    return random.nextBoolean()
        ? JsonMutations.withForeignTokens(json, random)
        : JsonMutations.withOtherValues(json, random);
  }

  private static byte[] damaged(String text, Random random) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int n = random.nextInt(4); n > 0; n--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  /** Pad, end, unknown, " a", an emoji, the two bytes of é, and a space. */
  private static byte[] model(boolean dummyPrefix, boolean extraSpaceRemoved) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream output = CodedOutputStream.newInstance(bytes);
    String[] texts = {
      "<pad>", "</s>", "<unk>", "\u2581a", "\uD83D\uDE00", "<0xC3>", "<0xA9>", "\u2581"
    };
    int[] types = {3, 3, 2, 1, 1, 6, 6, 1};
    for (int i = 0; i < texts.length; i++) {
      ByteArrayOutputStream piece = new ByteArrayOutputStream();
      CodedOutputStream inner = CodedOutputStream.newInstance(piece);
      inner.writeString(1, texts[i]);
      inner.writeFloat(2, -i);
      inner.writeEnum(3, types[i]);
      inner.flush();
      output.writeByteArray(1, piece.toByteArray());
    }
    ByteArrayOutputStream trainer = new ByteArrayOutputStream();
    CodedOutputStream inner = CodedOutputStream.newInstance(trainer);
    inner.writeInt32(4, 8);
    inner.writeString(44, " ? ");
    inner.flush();
    output.writeByteArray(2, trainer.toByteArray());
    ByteArrayOutputStream normalizer = new ByteArrayOutputStream();
    inner = CodedOutputStream.newInstance(normalizer);
    inner.writeString(1, "identity");
    inner.writeBool(3, dummyPrefix);
    inner.writeBool(4, extraSpaceRemoved);
    inner.flush();
    output.writeByteArray(3, normalizer.toByteArray());
    output.flush();
    return bytes.toByteArray();
  }
}
