package org.viditq.cli.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Prompt files as editors and spreadsheets write them. */
class PromptFileTest {
  @Command(name = "test")
  private static final class Options {
    @Mixin private PromptOptions prompts;
  }

  @TempDir Path folder;

  private List<String> read(byte[] content) throws IOException {
    Path file = Files.write(folder.resolve("prompts.txt"), content);
    Options options = new Options();
    new CommandLine(options).parseArgs("--prompts", file.toString());
    return options.prompts.read();
  }

  private List<String> read(String text) throws IOException {
    return read(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aByteOrderMarkIsNoPartOfAPrompt() throws IOException {
    assertThat(read("\uFEFFa red ring\r\na blue star\r\n"))
        .containsExactly("a red ring", "a blue star");
    assertThat(read("\uFEFF\r\na blue star\r\n")).containsExactly("a blue star");
  }

  @Test
  void emptyLinesAndSpacesAroundPromptsDoNotCount() throws IOException {
    assertThat(read("\n  a ring \n\n\t日本語\n")).containsExactly("a ring", "日本語");
  }

  @Test
  void filesWithoutPromptAndOtherEncodingsAreRefused() {
    assertThatThrownBy(() -> read("\uFEFF\n"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds no prompt");
    assertThatThrownBy(() -> read(new byte[] {'a', (byte) 0xe9, 'b'}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("not UTF-8");
  }
}
