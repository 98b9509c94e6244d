package org.viditq.bench.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.bench.CommandLine;
import org.viditq.bench.report.Median;
import org.viditq.cpp.InstructionSet;
import org.viditq.onnx.OnnxOptions.LinearForm;

class GemmCommandTest {
  private final CommandLine bench = new CommandLine("bench");

  @Test
  void everyContenderIsMeasuredAndWritten(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("gemm.json");
    assertThat(bench.run("gemm", "--shapes", "8x64x48", "--rounds", "2", "--out", file.toString()))
        .as(bench.err())
        .isZero();
    JsonNode report = new ObjectMapper().readTree(file.toFile());
    assertThat(report.get("command").asText())
        .startsWith("viditq bench gemm --shapes 8x64x48 --rounds 2");
    assertThat(report.get("rounds").asInt()).isEqualTo(2);
    if (Files.exists(Path.of("..", ".git"))) {
      assertThat(report.get("commit").asText()).matches("[0-9a-f]{40}(-dirty)?");
    }
    assertThat(report.get("allowedProcessors").asText()).matches("[0-9,-]+");
    JsonNode results = report.get("shapes").get(0).get("results");
    assertThat(results.findValuesAsText("name"))
        .contains("onednn-f32", "onnxruntime-f32", "onnxruntime-dynamic-int8");
    for (JsonNode result : results) {
      assertThat(result.get("medianMillis").isNumber()).isTrue();
      assertThat(bench.out()).contains(result.get("name").asText());
    }
    JsonNode quantization = report.get("shapes").get(0).get("quantization");
    assertThat(quantization.findValuesAsText("instructionSet"))
        .containsExactlyElementsOf(
            InstructionSet.supported().stream()
                .filter(InstructionSet::hasMultiplier)
                .map(InstructionSet::toString)
                .toList());
    for (JsonNode row : quantization) {
      double added = row.get("normQuantizeMillis").asDouble() - row.get("normMillis").asDouble();
      assertThat(row.get("addedOfProduct").asDouble() * row.get("productMillis").asDouble())
          .isCloseTo(added, within(0.001));
    }
  }

  @Test
  void severalNumbersOfThreadsAreComparedWithTheFirst(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("gemm.json");
    assertThat(
            bench.run(
                "gemm",
                "--shapes=8x64x48",
                "--rounds=2",
                "--threads=1,2",
                "--out=" + file.toString()))
        .as(bench.err())
        .isZero();
    JsonNode report = new ObjectMapper().readTree(file.toFile());
    assertThat(report.get("clock").asText()).isEqualTo("wall");
    assertThat(report.get("threads").asInt()).isEqualTo(2);
    List<JsonNode> oneDnn = new ArrayList<>();
    for (JsonNode result : report.get("shapes").get(0).get("results")) {
      if (result.get("name").asText().equals("onednn-f32")) {
        oneDnn.add(result);
      }
    }
    assertThat(oneDnn).hasSize(2);
    assertThat(oneDnn.get(0).get("threads").asInt()).isEqualTo(1);
    assertThat(oneDnn.get(0).get("timesFirstThreads").asDouble()).isEqualTo(1);
    assertThat(oneDnn.get(1).get("threads").asInt()).isEqualTo(2);
    assertThat(oneDnn.get(1).get("timesFirstThreads").asDouble())
        .isCloseTo(
            oneDnn.get(0).get("medianMillis").asDouble()
                / oneDnn.get(1).get("medianMillis").asDouble(),
            Percentage.withPercentage(5));
    assertThat(oneDnn.get(1).get("timesOneDnnF32").asDouble()).isEqualTo(1);
    assertThat(oneDnn.get(1).get("timesOnnxRuntimeF32").asDouble()).isPositive();
  }

  @Test
  void jsonIsAllThatStandardOutputCarries() throws IOException {
    assertThat(bench.run("gemm", "--shapes", "8x64x48", "--rounds", "1", "--json"))
        .as(bench.err())
        .isZero();
    assertThat(new ObjectMapper().readTree(bench.out()).get("shapes")).hasSize(1);
  }

  /** In float32 to some roundings; in 8 bits to about a hundredth of products of 37 values. */
  @ParameterizedTest
  @CsvSource({"FLOAT32, 1e-5", "DYNAMIC_INT8, 0.1"})
  void peersComputeTheSameProduct(LinearForm form, double bound) {
    Operands operands = new Operands(new GemmShape(5, 37, 19));
    float[] x = operands.x().data();
    float[] w = operands.weight().data();
    try (OnnxRuntimeLayer layer = new OnnxRuntimeLayer("onnxruntime", operands, form, 1)) {
      float[] product = layer.product();
      for (int m = 0; m < 5; m++) {
        for (int n = 0; n < 19; n++) {
          double sum = operands.bias().data()[n];
          for (int k = 0; k < 37; k++) {
            sum += (double) x[m * 37 + k] * w[n * 37 + k];
          }
          assertThat((double) product[m * 19 + n]).isCloseTo(sum, within(bound));
        }
      }
    }
  }

  @Test
  void mediansLeaveOutliersAndWarmUpAside() {
    // Warm-up ends with a call of 5 ms; so a turn of 20 ms is 4 calls, of 3, 100 and 5 ns.
    long[] times = {0, 495_000_000, 500_000_000, 0, 12, 0, 400, 0, 20};
    int[] next = {0};
    int[] calls = {0};
    Contender idle =
        new Contender() {
          @Override
          public String name() {
            return "idle";
          }

          @Override
          public void run() {
            calls[0]++;
          }

          @Override
          public void close() {}
        };
    assertThat(new Rounds(3, () -> times[next[0]++]).measure(List.of(idle)))
        .containsEntry("idle", 5.0);
    assertThat(calls[0]).isEqualTo(2 + 3 * (1 + 4));
    assertThat(Median.of(new long[] {4, 1, 2, 9})).isEqualTo(3);
  }

  @Test
  void wrongUsageIsExplained() {
    assertThat(bench.run("gemm", "--shapes", "8x0x48")).isEqualTo(2);
    assertThat(bench.err()).contains("'8x0x48' is no shape");
    assertThat(bench.run("gemm", "--rounds", "0")).isEqualTo(2);
    assertThat(bench.err()).contains("--rounds is 0, but must lie between 1 and 1024.");
    assertThat(bench.run("gemm", "--threads", "-1")).isEqualTo(2);
    assertThat(bench.run("gemm", "--threads", "2,2")).isEqualTo(2);
    assertThat(bench.err()).contains("no number may come twice");
    assertThat(bench.run()).isEqualTo(2);
    assertThat(bench.err()).contains("A benchmark is missing: gemm");
    assertThat(bench.out()).isEmpty();
  }

  @Test
  void anUnwritablePlaceIsKnownBeforeTheWork(@TempDir Path folder) {
    assertThat(bench.run("gemm", "--out", folder.toString())).isEqualTo(1);
    assertThat(bench.err()).contains("Cannot write " + folder);
    assertThat(bench.out()).isEmpty();
  }
}
