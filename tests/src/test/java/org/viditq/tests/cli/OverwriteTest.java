package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No command replaces what it reads, and nothing that exists without being told to. */
class OverwriteTest {
  private static final Path SAMPLE = Path.of("../samples/pixart-mini");

  @TempDir private Path temp;
  private Path model;

  /** A copy of the sample that may be damaged. */
  @BeforeEach
  void copyOfTheSample() throws IOException {
    model = temp.resolve("model");
    try (Stream<Path> tree = Files.walk(SAMPLE)) {
      for (Path path : (Iterable<Path>) tree::iterator) {
        Files.copy(path, model.resolve(SAMPLE.relativize(path)));
      }
    }
  }

  /** Sizes and times of all files below the temporary folder. */
  private Map<String, String> state() throws IOException {
    Map<String, String> state = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(temp)) {
      tree.filter(Files::isRegularFile)
          .forEach(
              file -> {
                try {
                  state.put(
                      temp.relativize(file).toString(),
                      Files.size(file) + " " + Files.getLastModifiedTime(file));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
    return state;
  }

  private void refused(String... command) throws IOException {
    Map<String, String> before = state();
    CommandRun run = CommandRun.of(command).failedWith(2);
    assertThat(run.stderr()).contains("this command reads; give the result another name");
    assertThat(state()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "transformer", "vae", "../link"})
  void quantizeOverTheModel(String place) throws IOException {
    Files.createSymbolicLink(temp.resolve("link"), model.resolve("transformer"));
    String out = model.resolve(place).toString();
    refused("quantize", "--model", model.toString(), "--plan", "w8a8", "--out", out);
    refused("quantize", "--model", model.toString(), "--plan", "w8a8", "--out", out, "--force");
  }

  @Test
  void calibrateOverTheModel() throws IOException {
    Path weights = model.resolve("transformer/diffusion_pytorch_model.safetensors");
    Path hard = Files.createLink(temp.resolve("hard"), weights);
    Path soft = Files.createSymbolicLink(temp.resolve("soft"), weights);
    for (Path out : new Path[] {weights, hard, soft, model.resolve("model_index.json")}) {
      refused(
          "calibrate",
          "--model",
          model.toString(),
          "--prompt",
          "a ring",
          "--force",
          "--out",
          out.toString());
    }
  }

  @Test
  void convertOverTheCheckpoint() throws IOException {
    String transformer = model.resolve("transformer").toString();
    refused("convert", transformer, "--out", transformer, "--force");
    refused("convert", transformer, "--out", transformer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "transformer", "vae/config.json"})
  void exportOverTheModel(String place) throws IOException {
    String out = model.resolve(place).toString();
    if (place.endsWith(".json")) {
      // A graph's name ends in .onnx; a link of that name leads to the file.
      out = Files.createSymbolicLink(temp.resolve("x.onnx"), Path.of(out)).toString();
    }
    refused("export", "--model", model.toString(), "--out", out, "--force");
  }

  @Test
  void generateOverItsInputs() throws IOException {
    Path prompts = Files.writeString(temp.resolve("prompts.png"), "a ring");
    String out = prompts.toString();
    refused("generate", "--model", model.toString(), "--prompts", out, "--force", "--out", out);
    refused(
        "generate",
        "--model",
        model.toString(),
        "--prompts",
        out,
        "--force",
        "--save-embeddings",
        out);
  }

  @Test
  void quantizedFoldersNeedForceToBeReplaced() throws IOException {
    String out = temp.resolve("quantized").toString();
    String[] command = {"quantize", "--model", model.toString(), "--plan", "w8a8", "--out", out};
    CommandRun.of(command).succeeded();
    Map<String, String> before = state();
    assertThat(CommandRun.of(command).failedWith(2).stderr()).contains("quantized", "--force");
    assertThat(state()).isEqualTo(before);
    String[] forced =
        Stream.concat(Stream.of(command), Stream.of("--force")).toArray(String[]::new);
    CommandRun.of(forced).succeeded();
    assertThat(state().keySet()).isEqualTo(before.keySet());
  }

  /** Weights of another kind beside the new ones would be read instead of them, or mixed up. */
  @Test
  void otherWeightsInTheFolderAreNotMixedWithNewOnes() throws IOException {
    Path out = Files.createDirectory(temp.resolve("quantized"));
    Files.writeString(out.resolve("diffusion_pytorch_model.safetensors.index.json"), "{}");
    assertThat(
            CommandRun.of(
                    "quantize",
                    "--model",
                    model.toString(),
                    "--plan",
                    "w8a8",
                    "--force",
                    "--out",
                    out.toString())
                .failedWith(2)
                .stderr())
        .contains("other weights", "safetensors.index.json");
  }

  @Test
  void statisticsAndConvertedFoldersNeedForceToo() throws IOException {
    Path statistics = Files.writeString(temp.resolve("stats.safetensors"), "earlier");
    String[] calibrate = {
      "calibrate", "--model", model.toString(), "--prompt", "a", "--out", statistics.toString()
    };
    assertThat(CommandRun.of(calibrate).failedWith(2).stderr()).contains("stats", "--force");
    Path folder = Files.createDirectory(temp.resolve("converted"));
    Files.writeString(folder.resolve("config.json"), "earlier");
    String[] convert = {"convert", model + "/transformer", "--out", folder.toString()};
    assertThat(CommandRun.of(convert).failedWith(2).stderr()).contains("converted", "--force");
    Path data = Files.writeString(temp.resolve("graph.onnx.data"), "earlier");
    for (String out : new String[] {folder.toString(), temp.resolve("graph.onnx").toString()}) {
      String[] export = {"export", "--model", model.toString(), "--out", out};
      assertThat(CommandRun.of(export).failedWith(2).stderr()).contains("already", "--force");
    }
    assertThat(data).hasContent("earlier");
    String[] demo = {"demo", "--out", folder.toString()};
    assertThat(CommandRun.of(demo).failedWith(2).stderr()).contains("converted", "--force");
    assertThat(folder.resolve("config.json")).hasContent("earlier");
    assertThat(statistics).hasContent("earlier");
  }

  /** So that a new command cannot forget it. */
  @Test
  void everyCommandThatWritesTakesForce() {
    List<String> writing = new ArrayList<>();
    for (String command : commands()) {
      String help = CommandRun.of(command, "--help").succeeded().stdout();
      if (help.contains("--out=")) {
        writing.add(command);
        assertThat(help).as(command).contains("--force");
      }
    }
    assertThat(writing).contains("generate", "export", "bundle");
  }

  private static List<String> commands() {
    return CommandRun.of("--help")
        .succeeded()
        .stdout()
        .lines()
        .dropWhile(line -> !line.startsWith("Commands:"))
        .skip(1)
        .takeWhile(line -> line.startsWith("  "))
        .map(line -> line.strip().split(" ")[0])
        .filter(name -> name.matches("[a-z]{3,}"))
        .toList();
  }
}
