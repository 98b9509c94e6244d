package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.viditq.core.text.T5Tokenizer;
import org.viditq.core.text.TokenizedText;

/** The sample holds its tokenizer in both forms; they must agree. */
class TokenizerFilesTest {
  private static final Path SAMPLE = Path.of("..", "samples", "pixart-mini");
  private static final Path FOLDER = SAMPLE.resolve("tokenizer");

  private static List<String> texts() throws IOException {
    List<String> texts = new ArrayList<>(Files.readAllLines(SAMPLE.resolve("eval_prompts.txt")));
    texts.addAll(Files.readAllLines(SAMPLE.resolve("calib_prompts.txt")));
    texts.addAll(
        List.of("", " ", "two  spaces", "café ﬁ ｗ", "日本語 😀", "tab\there", "x".repeat(500)));
    return texts;
  }

  @Test
  void bothFormsGiveTheSameTokens() throws IOException {
    try (T5Tokenizer json = T5Tokenizer.openJson(FOLDER.resolve("tokenizer.json"));
        T5Tokenizer model = T5Tokenizer.openSentencePiece(FOLDER.resolve("spiece.model"))) {
      for (String text : texts()) {
        TokenizedText expected = json.tokenize(text, 120);
        TokenizedText actual = model.tokenize(text, 120);
        assertThat(actual.ids()).as(text).containsExactly(expected.ids());
        assertThat(actual.mask()).as(text).containsExactly(expected.mask());
      }
    }
  }

  @Test
  void whatIsCutOffIsNamed() {
    for (T5Tokenizer tokenizer :
        List.of(
            T5Tokenizer.openJson(FOLDER.resolve("tokenizer.json")),
            T5Tokenizer.openSentencePiece(FOLDER.resolve("spiece.model")))) {
      try (tokenizer) {
        TokenizedText cut = tokenizer.tokenize("a red circle on a white background", 5);
        assertThat(cut.ids()).hasSize(5).endsWith(1);
        assertThat(cut.mask()).containsOnly(1);
        assertThat(cut.removed()).contains("a white background");
        TokenizedText whole = tokenizer.tokenize("a red circle", 5);
        assertThat(whole.removed()).isEmpty();
        assertThat(whole.mask()).containsExactly(1, 1, 1, 1, 0);
      }
    }
  }
}
