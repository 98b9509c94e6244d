package org.viditq.bench.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.bench.CommandLine;
import org.viditq.cpp.InstructionSet;

class AttentionCommandTest {
  private final CommandLine bench = new CommandLine();

  @Test
  void everyPrecisionIsMeasuredAndWritten(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("attention.json");
    assertThat(
            bench.run(
                "bench",
                "attention",
                "--shapes=16x20x2x8,5x7x1x9x3",
                "--rounds=2",
                "--out=" + file))
        .as(bench.err())
        .isZero();
    JsonNode shapes = new ObjectMapper().readTree(file.toFile()).get("shapes");
    assertThat(shapes.findValuesAsText("shape")).containsExactly("16x20x2x8", "5x7x1x9x3");
    for (JsonNode shape : shapes) {
      JsonNode results = shape.get("results");
      assertThat(results.findValuesAsText("name")).containsExactly("fp32", "bf16", "int8");
      assertThat(results.get(0).get("timesFp32").asDouble()).isEqualTo(1);
      for (JsonNode result : results) {
        assertThat(result.get("medianMillis").asDouble()).isPositive();
        assertThat(result.has("fractionOfPeak")).isEqualTo(InstructionSet.choose().hasMultiplier());
        assertThat(bench.out()).contains(result.get("name").asText());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1x2x3",
        "0x1x1x1",
        "1x1x1x1x1x1",
        "axbxcxd",
        "1048577x1x1x1",
        "1x-1x1x1",
        "1048576x1x64x64"
      })
  void shapesThatAreNoneAreRefused(String shape) {
    assertThat(bench.run("bench", "attention", "--shapes=" + shape)).isEqualTo(2);
    assertThat(bench.err()).contains("shape");
  }
}
