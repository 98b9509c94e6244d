package org.viditq.bench.memory;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.bench.CommandLine;

class MemoryCommandTest {
  @TempDir private Path folder;
  private final CommandLine bench = new CommandLine("bench", "memory");

  /** Values of a video model are as many times larger as there are frames, and nothing is more. */
  @Tag("slow")
  @Test
  void workingMemoryGrowsWithTokensAndNoFaster() throws IOException {
    Path file = folder.resolve("memory.json");
    assertThat(bench.run("--models", "stdit-xl-2", "--times", "1,2", "--out", file.toString()))
        .as(bench.err())
        .isZero();
    JsonNode model = new ObjectMapper().readTree(file.toFile()).get("models").get(0);
    assertThat(model.get("model").asText()).isEqualTo("stdit-xl-2");
    assertThat(model.get("weightBytes").asLong()).isGreaterThan(500_000_000);
    JsonNode sizes = model.get("sizes");
    assertThat(sizes).hasSize(2);
    assertThat(sizes.get(1).get("tokens").asLong())
        .isEqualTo(2 * sizes.get(0).get("tokens").asLong());
    double small = sizes.get(0).get("workingBytes").asDouble();
    double large = sizes.get(1).get("workingBytes").asDouble();
    assertThat(large / small).isBetween(1.5, 2.1);
    assertThat(bench.out()).contains("stdit-xl-2", "per token");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--models=nothing", "--times=2,1", "--times=0", "--times=1,17"})
  void wrongRequestsAreRefusedBeforeAnyWork(String option) {
    assertThat(bench.run(option)).isEqualTo(2);
    assertThat(bench.err()).contains(option.startsWith("--models") ? "choose among" : "must rise");
  }
}
