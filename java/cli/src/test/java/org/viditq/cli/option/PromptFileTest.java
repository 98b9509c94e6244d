package org.viditq.cli.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
    return read("prompts.txt", content);
  }

  private List<String> readAs(String name, String text) throws IOException {
    return read(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> read(String name, byte[] content) throws IOException {
    Path file = Files.write(folder.resolve(name), content);
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

  @Test
  void utf16IsReadIfItsMarkSaysSo() throws IOException {
    for (String charset : List.of("UTF-16LE", "UTF-16BE")) {
      assertThat(read("\uFEFFрыжий кот\r\n\r\n猫\n".getBytes(charset)))
          .containsExactly("рыжий кот", "猫");
    }
    assertThatThrownBy(() -> read("a ring\n".getBytes("UTF-16LE")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("UTF-16 without a byte order mark");
  }

  @Test
  void otherEncodingsCannotBeTold() {
    for (String charset : List.of("windows-1252", "windows-1251", "Shift_JIS", "GB18030")) {
      String text = charset.startsWith("windows-1252") ? "a café\n" : "кот\n";
      assertThatThrownBy(() -> read(text.getBytes(charset)))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("save it as UTF-8");
    }
  }

  @Test
  void jsonHoldsTexts() throws IOException {
    assertThat(readAs("p.json", "\uFEFF[\"a ring\", {\"caption\": \" two\\nlines \"}]"))
        .containsExactly("a ring", "two\nlines");
    assertThat(readAs("P.JSON", "{\"prompts\": [{\"prompt\": \"x\", \"text\": \"y\"}]}"))
        .containsExactly("x");
    assertThat(readAs("p.json", "[\"\"]")).containsExactly("");
    assertThat(readAs("p.jsonl", "\"a ring\"\r\n\r\n{\"text\": \"猫\", \"id\": 7}\r\n"))
        .containsExactly("a ring", "猫");
  }

  @Test
  void whatIsNoPromptInJsonIsRefusedByItsPlace() {
    assertThatThrownBy(() -> readAs("p.json", "[\"a\", 3]"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("Entry 2");
    assertThatThrownBy(() -> readAs("p.json", "\"a\""))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("neither a list");
    assertThatThrownBy(() -> readAs("p.jsonl", "\"a\"\n{\"prompt\": 3}\n"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("Line 2");
    assertThatThrownBy(() -> readAs("p.jsonl", "\"a\"\na ring\n"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("not valid JSON in line 2");
    assertThatThrownBy(() -> readAs("p.json", "[]"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds no prompt");
  }

  @Test
  void tablesAndPlaceholdersAreRefused() {
    assertThatThrownBy(() -> readAs("p.csv", "id,prompt\n1,a ring\n"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is a table");
    assertThatThrownBy(
            () -> readAs("p.txt", "version https://git-lfs.github.com/spec/v1\r\noid sha256:0\r\n"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("Git LFS pointer");
  }

  /** Any bytes give prompts or a UsageException that names the file, nothing else. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void survivesDamage(long seed) throws IOException {
    Random random = new Random(seed);
    List<String> names = List.of("p.txt", "p.json", "p.jsonl");
    for (int round = 0; round < 300; round++) {
      byte[] content =
          "{\"prompts\": [\"a\", {\"text\": \"\\u732b\"}]}\n\"b\"\n"
              .getBytes(StandardCharsets.UTF_8);
      for (int i = random.nextInt(5); i >= 0; i--) {
        content[random.nextInt(content.length)] = (byte) random.nextInt(256);
      }
      try {
        assertThat(read(names.get(random.nextInt(3)), content)).isNotEmpty();
      } catch (UsageException expected) {
        assertThat(expected).hasMessageContaining(folder.toString()).hasMessageEndingWith(".");
      }
    }
  }
}
