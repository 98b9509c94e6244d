package org.viditq.bench.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.bench.CommandLine;

class QuantizeCommandTest {
  @TempDir private Path folder;
  private final CommandLine bench = new CommandLine("bench", "quantize");

  /** One block of full width, by built-in plans and one in a file. */
  @Tag("slow")
  @Test
  void aBlockIsQuantizedInTheMemoryOfALayer() throws Exception {
    Path file = folder.resolve("quantize.json");
    int code =
        bench.run(
            "--blocks",
            "1",
            "--plans",
            "viditq-rotate,convrot,plans/w4a8-alpha.yaml",
            "--scratch",
            folder.toString(),
            "--out",
            file.toString());
    assertThat(code).as(bench.err()).isZero();
    JsonNode results = new ObjectMapper().readTree(file.toFile()).get("quantized");
    assertThat(results.findValuesAsText("plan"))
        .isEqualTo(List.of("viditq-rotate", "convrot", "w4a8-alpha"));
    for (JsonNode result : results) {
      assertThat(result.get("blocks").asInt()).isEqualTo(1);
      // 22 million weights, half a byte or one each, and what is not quantized.
      assertThat(result.get("quantizedBytes").asLong()).isBetween(11_000_000L, 120_000_000L);
      // The six modulations of all blocks.
      assertThat(result.get("largestLayerBytes").asLong()).isEqualTo(4L * 6 * 1152 * 1152);
      // A layer's second moments are 170 MB in float64, and a Java process takes some, too.
      assertThat(result.get("peakAnonymousBytes").asLong()).isLessThan(1_500_000_000L);
      assertThat(result.get("seconds").asDouble()).isPositive();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--blocks, 0, not 0",
    "--blocks, 29, has 28 blocks",
    "--models, xl, no model xl",
    "--plans, w1a1, no built-in plan"
  })
  void wrongUsageIsOneSentence(String option, String value, String words) {
    assertThat(bench.run(option, value)).isIn(1, 2);
    assertThat(bench.err()).startsWith("viditq: ").hasLineCount(1).contains(words);
  }
}
