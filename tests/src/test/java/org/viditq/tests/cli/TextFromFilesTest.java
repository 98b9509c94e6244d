package org.viditq.tests.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names from files give a terminal nothing to obey, and no end of text. */
class TextFromFilesTest {
  private static final String SAMPLE = "../samples/pixart-mini";

  /** Clears the screen, sets the title, turns text round, erases a line: in both kinds of codes. */
  private static final String HOSTILE =
      "a\u001b[2J\u001b]0;t\u0007\u009b2K\u202egnp.exe\u2066\r\nb\u200b\u2028";

  @TempDir private Path folder;

  private Path checkpoint(String tensor, int rank, String metadata) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode header = json.createObjectNode();
    header.putObject("__metadata__").put("note", metadata);
    ObjectNode entry = header.putObject(tensor);
    entry.put("dtype", "F32");
    for (int i = 0; i < rank; i++) {
      entry.withArray("shape").add(1);
    }
    entry.putArray("data_offsets").add(0).add(4);
    byte[] bytes = json.writeValueAsBytes(header);
    ByteBuffer file = ByteBuffer.allocate(8 + bytes.length + 4).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(bytes.length).put(bytes);
    return Files.write(folder.resolve("x.safetensors"), file.array());
  }

  private static void harmless(String output) {
    assertThat(output.codePoints().filter(c -> c != '\n').filter(TextFromFilesTest::isHidden))
        .isEmpty();
    assertThat(output.lines()).allSatisfy(line -> assertThat(line.length()).isLessThan(2100));
    assertThat(output.length()).isLessThan(20_000);
  }

  private static boolean isHidden(int character) {
    int type = Character.getType(character);
    return type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }

  private void inspected(Path file) {
    CommandRun run = CommandRun.of("inspect", file.toString());
    harmless(run.stdout());
    harmless(run.stderr());
    assertThat(run.exitCode()).isIn(0, 1);
  }

  @Test
  void namesOfTensorsAndMetadata() throws IOException {
    Path file = checkpoint(HOSTILE + ".weight", 2, HOSTILE);
    inspected(file);
    assertThat(CommandRun.of("inspect", file.toString()).succeeded().stdout())
        .contains("a\\u001b[2J");
    CommandRun json = CommandRun.of("inspect", file.toString(), "--json").succeeded();
    harmless(json.stdout());
    // Escaped, not changed.
    assertThat(json.json().findValuesAsText("name")).contains(HOSTILE);
    assertThat(json.json().findValuesAsText("note")).containsExactly(HOSTILE);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 1_000_000})
  void longNames(int length) throws IOException {
    inspected(checkpoint("n".repeat(length), 1, "m".repeat(length)));
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 100_000})
  void manyExtents(int rank) throws IOException {
    inspected(checkpoint("weight", rank, ""));
  }

  @Test
  void keysOfPlansAndConfigurations() throws IOException {
    String key = HOSTILE + "k".repeat(100_000);
    Path plan = folder.resolve("plan.yaml");
    Files.write(plan, new ObjectMapper().writeValueAsBytes(Map.of(key, 1)));
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.writeString(
        model.resolve("model_index.json"),
        new ObjectMapper().writeValueAsString(Map.of("_class_name", key)),
        UTF_8);
    CommandRun withPlan =
        CommandRun.of(
            "quantize",
            "--model",
            SAMPLE,
            "--plan",
            plan.toString(),
            "--out",
            folder.resolve("out").toString());
    CommandRun withModel =
        CommandRun.of(
            "generate",
            "--model",
            model.toString(),
            "--prompt",
            "a",
            "--out",
            folder.resolve("a.png").toString());
    for (CommandRun run : new CommandRun[] {withPlan, withModel}) {
      run.failedWith(1);
      harmless(run.stderr());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--backend", "--plan", "--scheduler", "--nothing"})
  void wordsOfTheCommandLine(String option) {
    CommandRun run =
        CommandRun.of(
            "generate",
            "--model",
            SAMPLE,
            "--prompt",
            "a",
            "--out",
            folder.resolve("a.png").toString(),
            option,
            HOSTILE + "x".repeat(50_000));
    run.failedWith(2);
    harmless(run.stderr());
  }
}
