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
            "a blue cross above an orange circle on a gray background",
            "a red ring on a black background",
            "a red circle to the right of a blue triangle on a black background",
            "a green star below a ring on a white background",
            "a cyan star on a black background",
            "a pink star on a white background"));
  }

  @Test
  void aPromptKeepsTheSeedOfItsLine() {
    assertThat(EvaluationPrompt.singleObjects(file, 1))
        .containsExactly(new EvaluationPrompt("a red ring on a black background", 1001));
  }

  @Test
  void promptsWithTwoObjectsAreLeftOut() {
    assertThat(EvaluationPrompt.singleObjects(file, 3))
        .extracting(EvaluationPrompt::seed)
        .containsExactly(1001L, 1004L, 1005L);
  }

  @Test
  void thereAreNotThatMany() {
    assertThatThrownBy(() -> EvaluationPrompt.singleObjects(file, 4))
        .isInstanceOf(UsageException.class)
        .hasMessage("--pictures is 4, but must lie between 1 and 3.");
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
