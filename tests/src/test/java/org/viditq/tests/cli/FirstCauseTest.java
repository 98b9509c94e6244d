package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.Tensor;

/** What is wrong with one layer is not blamed on a later one, nor on another kind of mistake. */
class FirstCauseTest {
  private static final String SAMPLE = "../samples/pixart-mini";

  @TempDir private Path folder;

  /** Scales that are finite themselves; the weights, or what is made of them, are not. */
  @ParameterizedTest
  @CsvSource({
    "3e38, transformer_blocks.2.attn1.to_v, exceed float32",
    "3e38, transformer_blocks.5.ff.net.2, exceed float32",
    "1e36, transformer_blocks.2.attn1.to_v, ''",
    "1e36, transformer_blocks.5.ff.net.2, ''"
  })
  void aScaleThatIsFarTooLarge(float scale, String layer, String words) throws IOException {
    Path quantized = folder.resolve("quantized");
    CommandRun.of("quantize", "--model", SAMPLE, "--plan", "w8a8", "--out", quantized.toString())
        .succeeded();
    Path changed = Files.createDirectory(folder.resolve("changed"));
    Files.copy(quantized.resolve("config.json"), changed.resolve("config.json"));
    String name = "diffusion_pytorch_model.safetensors";
    boolean[] found = new boolean[1];
    rewrite(
        quantized.resolve(name),
        changed.resolve(name),
        tensor -> {
          if (!tensor.name().equals(layer + ".weight_scale")) {
            return tensor;
          }
          found[0] = true;
          Tensor scales = tensor.toTensor();
          scales.data()[3] = scale;
          return MemoryTensor.of(tensor.name(), scales);
        });
    assertThat(found[0]).isTrue();
    CommandRun run =
        CommandRun.of(
                "generate",
                "--model",
                SAMPLE,
                "--quantized",
                changed.toString(),
                "--prompt",
                "a ring",
                "--steps",
                "2",
                "--quiet",
                "--out",
                folder.resolve("a.png").toString())
            .failedWith(1);
    assertThat(run.stderr()).contains(layer).contains(words);
    assertThat(folder.resolve("a.png")).doesNotExist();
  }

  private static void rewrite(Path from, Path to, UnaryOperator<StoredTensor> change) {
    try (Checkpoint original = Checkpoints.open(from)) {
      List<StoredTensor> tensors = new ArrayList<>();
      for (String name : original.names()) {
        tensors.add(change.apply(original.get(name)));
      }
      SafetensorsWriter.write(to, tensors, original.metadata());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "eight, text is no number; it must be an integer between 2 and 8",
    "[8], a list is no number; it must be an integer between 2 and 8",
    "true, true or false is no number; it must be an integer between 2 and 8",
    "{a: 8}, a mapping is no number; it must be an integer between 2 and 8",
    "8.5, a fraction is no integer; it must be an integer between 2 and 8",
    "99, must be an integer between 2 and 8",
    "99999999999, must be an integer between 2 and 8"
  })
  void aValueOfThePlan(String bits, String words) throws IOException {
    Path plan =
        Files.writeString(
            folder.resolve("plan.yaml"),
            "weight: {bits: " + bits + "}\nactivation: {mode: dynamic_token, bits: 8}");
    CommandRun run =
        CommandRun.of(
            "quantize",
            "--model",
            SAMPLE,
            "--plan",
            plan.toString(),
            "--out",
            folder.resolve("out").toString());
    assertThat(run.failedWith(1).stderr()).contains("plan.yaml: weight.bits is ", words);
  }

  @Test
  void onlyBackendsThatAreThereAreOffered() {
    String help = CommandRun.of("generate", "--help").succeeded().stdout();
    assertThat(help).contains("auto, native, reference, tensorrt").doesNotContain("openvino");
    CommandRun run =
        CommandRun.of(
            "generate",
            "--model",
            SAMPLE,
            "--prompt",
            "a",
            "--backend",
            "openvino",
            "--out",
            "a.png");
    assertThat(run.failedWith(2).stderr()).contains("There is no backend openvino; choose auto or");
  }
}
