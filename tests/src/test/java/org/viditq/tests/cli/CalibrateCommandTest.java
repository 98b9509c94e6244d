package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.CalibrationStatisticsFile;

class CalibrateCommandTest {
  private static final String MODEL = "../samples/pixart-mini";

  @TempDir Path folder;

  private String[] calibrate(Path out, String... more) {
    List<String> command =
        new ArrayList<>(
            List.of("calibrate", "--model", MODEL, "--prompt", "a red circle", "--steps", "4"));
    command.addAll(List.of("--every", "1", "--out", out.toString()));
    command.addAll(List.of(more));
    return command.toArray(String[]::new);
  }

  @Test
  @Tag("slow")
  void foundRangesAndBranchesApartServeAPlanThatFindsThem() throws Exception {
    Path statistics = folder.resolve("stats.safetensors");
    CommandRun run =
        CommandRun.of(calibrate(statistics, "--branches", "apart", "--second-moments", "found:2"))
            .succeeded();
    assertThat(run.stderr()).containsPattern("second moments of timesteps 0-[0-9]+,[0-9]+-1000");
    CalibrationStatistics read = CalibrationStatisticsFile.read(statistics);
    assertThat(read.branches()).containsExactly(0, 1, 0, 1, 0, 1, 0, 1);
    assertThat(read.secondMoments().orElseThrow().ranges()).hasSize(2);

    // Static ranges, block by block and found ranges at once; two blocks, as each is a pass.
    Path plan =
        Files.writeString(
            folder.resolve("all.yaml"),
            """
            weight: {bits: 4, grid: gptq, inputs: quantized}
            activation: {mode: static_tensor, range: mse-search}
            balance: {alpha: 0.3, ranges: "found:2"}
            quantize: [transformer_blocks.0., transformer_blocks.1.attn1]
            """);
    Path quantized = folder.resolve("quantized");
    CommandRun.of(
            "quantize",
            "--model",
            MODEL,
            "--plan",
            plan.toString(),
            "--stats",
            statistics.toString(),
            "--out",
            quantized.toString())
        .succeeded();
    assertThat(CommandRun.of("inspect", quantized.toString(), "--json").succeeded().stdout())
        .contains("\"weightSets\" : 2");
    Path output =
        Files.writeString(
            folder.resolve("output.yaml"),
            "weight: {bits: 4, grid: output-search}\nquantize: [transformer_blocks.0.]\n");
    CommandRun.of(
            "quantize",
            "--model",
            MODEL,
            "--plan",
            output.toString(),
            "--stats",
            statistics.toString(),
            "--out",
            folder.resolve("output").toString())
        .succeeded();
  }

  @Test
  @Tag("slow")
  void secondMomentsGoOnFromTheBatchesThatAreThere() throws Exception {
    Path whole = folder.resolve("whole.safetensors");
    CommandRun.of(calibrate(whole, "--second-moments")).succeeded();
    Path broken = folder.resolve("broken.safetensors");
    Path partial = folder.resolve(".broken.safetensors.partial");
    // The encoding, four steps, and some of the inputs of the first batches.
    KilledRun.after(120, partial, folder.resolve("errors"), calibrate(broken, "--second-moments"));
    assertThat(broken).doesNotExist();
    CommandRun.of(calibrate(broken, "--second-moments")).succeeded();
    assertThat(Files.mismatch(whole, broken)).isEqualTo(-1);
    assertThat(partial).doesNotExist();
  }

  @Test
  void wordsThatMeanNothingAreRefused() {
    Path out = folder.resolve("stats.safetensors");
    assertThat(CommandRun.of(calibrate(out, "--branches", "both")).failedWith(2).stderr())
        .contains("--branches is", "must be together or apart");
    assertThat(
            CommandRun.of(calibrate(out, "--branches", "apart", "--guidance", "1"))
                .failedWith(2)
                .stderr())
        .contains("without guidance there is one branch only");
    for (String ranges : List.of("found:0", "found:x", "found:21")) {
      assertThat(CommandRun.of(calibrate(out, "--second-moments", ranges)).failedWith(2).stderr())
          .contains("found: is followed by a number from 1 to 20");
    }
    assertThat(CommandRun.of(calibrate(out, "--second-moments", "found:9")).failedWith(1).stderr())
        .contains("only 4 timesteps were calibrated");
  }
}
