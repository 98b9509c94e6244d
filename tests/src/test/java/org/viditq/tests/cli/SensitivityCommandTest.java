package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.QuantizationListener;
import org.viditq.quantize.plan.PlanReader;

/**
 * From sensitivities to a plan; sweeps that are killed or done in parts end with the same bytes.
 */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class SensitivityCommandTest {
  private static final String SAMPLE = "../samples/pixart-mini";

  @TempDir private Path folder;

  private String[] sensitivity(Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "sensitivity",
                "--model",
                SAMPLE,
                "--prompt",
                "a large red circle on a white background",
                "--prompt",
                "a blue star above a pink ring on a gray background",
                "--steps",
                "2",
                "--unit",
                "type",
                "--bits",
                "8,4",
                "--ranges",
                "2",
                "--out",
                out.toString()));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  @Test
  @Tag("slow")
  void partsJoinAndKilledSweepsGoOnToTheSameBytes() throws Exception {
    Path whole = folder.resolve("whole.json");
    CommandRun run = CommandRun.of(sensitivity(whole)).succeeded();
    assertThat(run.stdout())
        .contains("scene-alignment, higher is better")
        .contains("ssim, higher is better")
        .contains("cross attention");
    assertThat(folder.resolve(".whole.json.partial")).doesNotExist();

    Path halves = folder.resolve("halves.json");
    CommandRun.of(sensitivity(halves, "--part", "2/2")).succeeded();
    assertThat(halves).doesNotExist();
    CommandRun.of(sensitivity(halves, "--part", "1/2")).succeeded();
    CommandRun joined = CommandRun.of(sensitivity(halves)).succeeded();
    assertThat(joined.stderr()).contains("Going on with");
    assertThat(halves).hasSameBinaryContentAs(whole);

    Path broken = folder.resolve("broken.json");
    Random random = new Random(4);
    int parts = 2;
    for (int kill = 0; kill < 3; kill++) {
      parts += 1 + random.nextInt(3);
      KilledRun.after(
          parts,
          folder.resolve(".broken.json.partial"),
          folder.resolve("errors"),
          sensitivity(broken));
      assertThat(broken).doesNotExist();
    }
    CommandRun.of(sensitivity(broken)).succeeded();
    assertThat(broken).hasSameBinaryContentAs(whole);

    allocates(whole);
  }

  /** The plan keeps its budget, is applied as any other, and takes as many bytes as was said. */
  private void allocates(Path sensitivities) throws IOException {
    for (String by : List.of("decoupled", "mse")) {
      Path plan = folder.resolve(by + ".yaml");
      Path map = folder.resolve(by + "-map.yaml");
      JsonNode said =
          CommandRun.of(
                  "allocate",
                  "--sensitivity",
                  sensitivities.toString(),
                  "--budget-bits",
                  "6.2",
                  "--by",
                  by,
                  "--out",
                  plan.toString(),
                  "--map",
                  map.toString(),
                  "--json")
              .succeeded()
              .json();
      assertThat(said.path("averageBits").asDouble()).isBetween(4.0, 6.2);
      PipelineFolder sample = PipelineFolder.open(Path.of(SAMPLE));
      try (Checkpoint weights = sample.checkpoint(Component.TRANSFORMER)) {
        long bytes =
            new PlanApplication(
                    sample,
                    () -> {
                      throw new AssertionError("dynamic plans need no backend");
                    },
                    QuantizationListener.NONE)
                .apply(new PlanReader().read(plan), weights, java.util.Optional.empty())
                .sizeInBytes();
        assertThat(said.path("bytes").asLong()).isEqualTo(bytes);
      }
      assertThat(new PlanReader().readMap(map).parts()).hasSize(2);
      assertThat(Files.readString(map)).contains("model.blocks.0.cross_attn.q_linear:");
    }
    CommandRun.of(
            "allocate",
            "--sensitivity",
            sensitivities.toString(),
            "--budget-bits",
            "2.5",
            "--out",
            folder.resolve("small.yaml").toString())
        .failedWith(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--bits|8,9|--bits has 9",
        "--bits|8,8|twice",
        "--ranges|0|--ranges is 0",
        "--quality-metric|lpips|no metric lpips",
        "--quality-metric|psnr|psnr is infinite",
        "--quality-metric|flow-score|judges clips",
        "--part|3/2|--part is 3/2",
        "--plan|w9a9|no built-in plan",
        "--prompt|a cat|--text-metric"
      })
  void wrongUsageIsOneSentence(String option, String value, String words) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "sensitivity", "--model", SAMPLE, "--out", folder.resolve("s.json").toString()));
    if (!option.equals("--prompt")) {
      arguments.addAll(List.of("--prompt", "a large red circle on a white background"));
    }
    arguments.addAll(List.of(option, value));
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new)).failedWith(2);
    assertThat(run.stderr()).contains(words);
  }

  @Test
  void allocateRefusesWhatIsNoSensitivity() throws IOException {
    Path file = Files.writeString(folder.resolve("no.json"), "{}");
    String out = folder.resolve("p.yaml").toString();
    assertThat(
            CommandRun.of(
                    "allocate",
                    "--sensitivity",
                    file.toString(),
                    "--budget-bits",
                    "6",
                    "--out",
                    out)
                .failedWith(1)
                .stderr())
        .contains("viditq sensitivity");
    CommandRun.of("allocate", "--sensitivity", file.toString(), "--out", out).failedWith(2);
    CommandRun.of(
            "allocate",
            "--sensitivity",
            file.toString(),
            "--budget-bits",
            "6",
            "--budget-bytes",
            "6",
            "--out",
            out)
        .failedWith(2);
  }
}
