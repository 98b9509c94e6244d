package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pipelines as people have them after a download that did not go well, or by name only. */
class BroughtFoldersTest {
  private static final Path SAMPLE = Path.of("..", "samples", "pixart-mini");
  private static final String LFS =
      "version https://git-lfs.github.com/spec/v1\r\noid sha256:00\r\nsize 1234\r\n";

  @TempDir Path folder;
  private Path model;

  /** A copy of the sample; large files are links, as in the cache of the hub. */
  @BeforeEach
  void copySample() throws IOException {
    model = folder.resolve("model");
    try (Stream<Path> files = Files.walk(SAMPLE)) {
      for (Path file : files.toList()) {
        Path copy = model.resolve(SAMPLE.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else if (Files.size(file) > 1 << 16) {
          Files.createSymbolicLink(copy, file.toAbsolutePath());
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }

  private String failure(String... more) {
    String[] arguments =
        Stream.concat(
                Stream.of("generate", "--model", model.toString(), "--prompt", "x"),
                Stream.concat(
                    Stream.of("--steps", "1", "--out", folder.resolve("x.png").toString()),
                    List.of(more).stream()))
            .toArray(String[]::new);
    String stderr = CommandRun.of(arguments).failedWith(1).stderr();
    assertThat(folder.resolve("x.png")).doesNotExist();
    return stderr.lines().filter(line -> line.startsWith("viditq: ")).findFirst().orElseThrow();
  }

  private void replace(String file, String content) throws IOException {
    Files.delete(model.resolve(file));
    Files.write(model.resolve(file), content.getBytes(StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "transformer/diffusion_pytorch_model.safetensors",
        "transformer/config.json",
        "vae/config.json",
        "scheduler/scheduler_config.json",
        "model_index.json",
        "tokenizer/spiece.model",
        "text_encoder/model.safetensors"
      })
  void pointersOfGitLfsAreCalledSo(String file) throws IOException {
    if (!Files.exists(model.resolve(file))) {
      // The sample may hold the tokenizer in another form.
      file = "tokenizer/tokenizer.json";
    }
    replace(file, LFS);
    assertThat(failure()).contains(file, "Git LFS pointer", "git lfs pull");
  }

  /** Files that options name, beside the model's own. */
  @ParameterizedTest
  @CsvSource({
    "--plan, plan.yaml, 1",
    "--lora, style.safetensors, 1",
    "--image, photo.png, 2",
    "--quantized, quantized.safetensors, 1",
    "--embeddings, prompts.safetensors, 1"
  })
  void pointersThatOptionsNameAreCalledSo(String option, String name, int code) throws IOException {
    Path file = Files.writeString(folder.resolve(name), LFS);
    List<String> arguments =
        Stream.of("generate", "--model", model.toString(), option, file.toString())
            .collect(Collectors.toCollection(ArrayList::new));
    if (!option.equals("--embeddings")) {
      arguments.addAll(List.of("--prompt", "x"));
    }
    arguments.addAll(List.of("--steps", "1", "--out", folder.resolve("x.png").toString()));
    assertThat(CommandRun.of(arguments.toArray(String[]::new)).failedWith(code).stderr())
        .contains(name, "Git LFS pointer", "git lfs pull");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<!doctype html><title>Sign in</title>            | web page",
        "<?xml version='1.0'?><Error>AccessDenied</Error> | web page",
        "/annex/objects/SHA256E-s1--0.safetensors         | git-annex",
        "{\"error\": \"Entry not found\"}                 | JSON text",
        "Not found                                        | is a text",
        "PK                                               | truncated",
        "''                                               | is empty"
      })
  void whatLiesInPlaceOfWeightsIsCalledByItsName(String content, String message)
      throws IOException {
    replace("transformer/diffusion_pytorch_model.safetensors", content);
    assertThat(failure()).contains("diffusion_pytorch_model.safetensors", message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"scheduler", "vae", "transformer", "tokenizer", "text_encoder"})
  void aMissingPartIsNamed(String part) throws IOException {
    Files.move(model.resolve(part), folder.resolve("elsewhere"));
    assertThat(failure()).contains(part + " is missing", "model_index.json lists it");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PixArt-alpha/PixArt-XL-2-512x512",
        "maxin-cn/Latte-1",
        "https://example.org/PixArt-alpha/PixArt-XL-2-512x512"
      })
  void idsAndAddressesOfTheHubAreExplained(String id) {
    CommandRun run =
        CommandRun.of("generate", "--model", id, "--prompt", "x", "--out", folder + "/x.png");
    assertThat(run.failedWith(1).stderr()).contains("There is no model folder", "download");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"beta_schedule\": \"linear\", \"beta_end\": null   | ",
        "\"beta_schedule\": \"scaled_linear\"                | ",
        "\"beta_schedule\": \"squaredcos_cap_v2\"            | ",
        "\"beta_schedule\": \"sinusoidal\"                   | beta_schedule is \"sinusoidal\"",
        "\"solver_order\": \"two\"                           | solver_order is \"two\"",
        "\"prediction_type\": null, \"trained_betas\": null  | ",
        "\"num_train_timesteps\": -1                         | num_train_timesteps is -1"
      })
  void schedulersWithoutAClassAreOfTheIndexs(String options, String message) throws IOException {
    replace(
        "scheduler/scheduler_config.json", "{\"_diffusers_version\": \"0.2\", " + options + "}");
    Path out = folder.resolve("y.png");
    CommandRun run =
        CommandRun.of(
            "generate",
            "--model",
            model.toString(),
            "--prompt",
            "x",
            "--steps",
            "1",
            "--width",
            "64",
            "--height",
            "64",
            "--out",
            out.toString());
    if (message == null) {
      run.succeeded();
      assertThat(out).exists();
    } else {
      assertThat(run.failedWith(1).stderr()).contains("scheduler_config.json", message);
    }
  }
}
