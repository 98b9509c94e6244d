package org.viditq.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;

class EvaluationPromptTest {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void writePrompts() throws IOException {
    file = folder.resolve("eval_prompts.txt");
    Files.write(
        file,
        List.of(
            "a blue cross above an orange circle",
            "a red ring",
            "a red circle to the right of a blue triangle",
            "a green star below a ring",
            "a pink star"));
  }

  @Test
  void aPromptKeepsTheSeedOfItsLine() {
    assertThat(EvaluationPrompt.singleObjects(file, 2))
        .containsExactly(
            new EvaluationPrompt("a red ring", 1001), new EvaluationPrompt("a pink star", 1004));
  }

  @Test
  void thereAreNotThatMany() {
    assertThatThrownBy(() -> EvaluationPrompt.singleObjects(file, 3))
        .isInstanceOf(UsageException.class)
        .hasMessage("--pictures is 3, but must lie between 1 and 2.");
    assertThatThrownBy(() -> EvaluationPrompt.singleObjects(file, 0))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void theFileIsMissing() {
    assertThatThrownBy(() -> EvaluationPrompt.singleObjects(folder.resolve("none.txt"), 1))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("none.txt");
  }
}
