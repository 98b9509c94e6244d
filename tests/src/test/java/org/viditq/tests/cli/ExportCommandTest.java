package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExportCommandTest {
  private static final String SAMPLE = "../samples/pixart-mini";

  @TempDir Path folder;

  @Test
  void aPluginGraphGoesBesideItsWeights() throws IOException {
    Path file = folder.resolve("new").resolve("pixart.onnx");
    JsonNode json =
        export(
                "--plan",
                "w8a8",
                "--dialect",
                "plugin",
                "--precision",
                "bf16",
                "--json",
                "--out",
                file)
            .succeeded()
            .json();
    JsonNode part = json.path("parts").path(0);
    assertThat(part.path("part").asText()).isEqualTo("transformer");
    assertThat(part.path("bytes").asLong())
        .isEqualTo(Files.size(file) + Files.size(Path.of(file + ".data")));
    assertThat(names(file.getParent())).containsExactly("pixart.onnx", "pixart.onnx.data");
    byte[] first = Files.readAllBytes(file);
    Object[] again = {
      "--plan", "w8a8", "--dialect", "plugin", "--precision", "bf16", "--out", file, "--force"
    };
    export(again).succeeded();
    assertThat(Files.readAllBytes(file)).isEqualTo(first);
  }

  @Test
  void allPartsHaveAFolderEach() throws IOException {
    Path out = folder.resolve("graphs");
    CommandRun run = export("--part", "all", "--out", out).succeeded();
    assertThat(names(out)).containsExactly("text_encoder", "transformer", "vae");
    for (String part : names(out)) {
      assertThat(names(out.resolve(part))).containsExactly("model.onnx", "model.onnx.data");
      assertThat(run.stdout()).contains(out.resolve(part).resolve("model.onnx").toString());
    }
    assertThat(names(folder)).containsExactly("graphs");
  }

  @Test
  void onePartLiesInTheFolderItself() throws IOException {
    Path out = folder.resolve("vae");
    export("--part", "vae", "--dialect", "plugin", "--out", out).succeeded();
    assertThat(names(out)).containsExactly("model.onnx", "model.onnx.data");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 | --precision fp16 | goes with --dialect plugin",
        "2 | --attention node | goes with --dialect plugin",
        "2 | --dialect plugin --timestep 5 | goes with --dialect portable",
        "2 | --timestep NaN | give a number from 0 to 1000",
        "2 | --part all | give a folder",
        "2 | --plan w8a8 --quantized nothing | Give --plan or --quantized, not both",
        "2 | --stats nothing | --stats goes with --plan",
        "1 | --plan w8a8-balanced | calibration statistics",
        "2 | --plan w9 | There is no built-in plan",
        "2 | --dialect fast | fast"
      })
  void wrongUsageIsOneSentence(int code, String options, String message) throws IOException {
    Object[] given =
        Stream.concat(Stream.of(options.split(" ")), Stream.of("--out", folder.resolve("x.onnx")))
            .toArray();
    assertThat(export(given).failedWith(code).stderr()).contains(message);
    assertThat(names(folder)).isEmpty();
  }

  @Test
  void placesThatCannotBeWrittenAreRefused() throws IOException {
    Path taken = Files.createDirectory(folder.resolve("taken.onnx"));
    assertThat(export("--out", taken).failedWith(1).stderr()).contains("exists and is a folder");
    Path file = Files.createFile(folder.resolve("file"));
    assertThat(export("--out", file).failedWith(1).stderr()).contains("not a folder");
    assertThat(names(folder)).containsExactly("file", "taken.onnx");
  }

  private static CommandRun export(Object... options) {
    return CommandRun.of(
        Stream.concat(
                Stream.of("export", "--quiet", "--model", SAMPLE),
                Stream.of(options).map(Object::toString))
            .toArray(String[]::new));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
