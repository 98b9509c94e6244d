package org.viditq.cli.option;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

class OutputsTest {
  @TempDir private Path temp;
  private Path model;
  private Path weights;

  @BeforeEach
  void model() throws IOException {
    model = Files.createDirectories(temp.resolve("model"));
    weights = Files.createDirectories(model.resolve("transformer")).resolve("w.safetensors");
    Files.writeString(weights, "weights");
    Files.writeString(model.resolve("model_index.json"), "{}");
  }

  private Outputs outputs(boolean force) {
    return new Outputs(List.of(model), force);
  }

  private void refused(Runnable check, String... words) {
    assertThatThrownBy(check::run)
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(words)
        .hasMessageEndingWith(".");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInputIsNeverReplaced(boolean force) throws IOException {
    Path link = Files.createSymbolicLink(temp.resolve("link"), weights);
    Path hard = Files.createLink(temp.resolve("hard"), weights);
    Path around = model.resolve("../model/./transformer/w.safetensors");
    for (Path same : List.of(weights, link, hard, around)) {
      refused(() -> outputs(force).requireFile(same), same.toString(), "this command reads");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFolderThatIsReadIsNoPlaceForResults(boolean force) throws IOException {
    Path link = Files.createSymbolicLink(temp.resolve("link"), model.resolve("transformer"));
    for (Path same : List.of(model, model.resolve("transformer"), link)) {
      refused(() -> outputs(force).requireFolder(same), same.toString(), "this command reads");
    }
    assertThatCode(() -> outputs(force).requireFolder(model.resolve("transformer-w8a8")))
        .doesNotThrowAnyException();
  }

  @Test
  void aFileInAnotherFolderMayBeAnInputToo() throws IOException {
    Path out = Files.createDirectory(temp.resolve("out"));
    Files.createLink(out.resolve("config.json"), weights);
    refused(() -> outputs(true).requireFolder(out, "config.json"), "config.json", "reads");
    assertThatCode(() -> outputs(true).requireFolder(out, "other.json")).doesNotThrowAnyException();
  }

  @Test
  void whatExistsNeedsForce() throws IOException {
    Path file = Files.writeString(temp.resolve("stats"), "earlier");
    Path dangling = Files.createSymbolicLink(temp.resolve("dangling"), temp.resolve("nothing"));
    Path folder = Files.createDirectory(temp.resolve("out"));
    assertThatCode(() -> outputs(false).requireFolder(folder)).doesNotThrowAnyException();
    // Of a killed process, or one that writes here too.
    Files.writeString(folder.resolve(".viditq-1-x.lock"), "");
    assertThatCode(() -> outputs(false).requireFolder(folder)).doesNotThrowAnyException();
    Files.writeString(folder.resolve("a"), "a");
    refused(() -> outputs(false).requireFile(file), "stats", "--force");
    refused(() -> outputs(false).requireFile(dangling), "dangling", "--force");
    refused(() -> outputs(false).requireFolder(folder), "out", "--force");
    assertThatCode(
            () -> {
              outputs(true).requireFile(file);
              outputs(true).requireFile(dangling);
              outputs(true).requireFolder(folder);
              outputs(false).requireFile(temp.resolve("new"));
              outputs(false).requireFolder(temp.resolve("new"));
            })
        .doesNotThrowAnyException();
  }

  /** A folder that contains itself, and one that cannot be found. */
  @Test
  void loopsAndGapsHideNoInput() throws IOException {
    Files.createSymbolicLink(model.resolve("a-loop"), model);
    Files.createSymbolicLink(model.resolve("b-gap"), temp.resolve("nothing"));
    refused(() -> outputs(true).requireFile(weights), "reads");
  }

  static final class Command {
    @Option(names = "--model")
    private Path model;

    @Option(names = "--plan")
    private List<String> plans;

    @Option(names = "--prompt", paramLabel = "TEXT")
    private String prompt;

    @Option(names = "--lora", paramLabel = "FILE[:scale]")
    private String lora;

    @Option(names = "--out")
    private Path out;

    @Parameters private List<Path> more;
  }

  @Test
  void whateverTheCommandLineNamesIsAnInput() throws IOException {
    Path plan = Files.writeString(temp.resolve("plan.yaml"), "");
    Path lora = Files.writeString(temp.resolve("lora"), "");
    Path extra = Files.writeString(temp.resolve("extra"), "");
    Path word = Files.writeString(temp.resolve("word"), "");
    CommandLine line = new CommandLine(new Command());
    line.parseArgs(
        "--model=" + model,
        "--plan=w8a8",
        "--plan=" + plan,
        "--prompt=" + word,
        "--lora=" + lora + ":0.5",
        "--out=" + word,
        extra.toString());
    Outputs outputs = new Outputs(line.getCommandSpec(), true);
    for (Path input : List.of(plan, lora, extra, weights)) {
      refused(() -> outputs.requireFile(input), input.toString(), "reads");
    }
    assertThatCode(() -> outputs.requireFile(word)).doesNotThrowAnyException();
  }
}
