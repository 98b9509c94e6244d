package org.viditq.bench.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.cli.Main;

class QuantizeCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    String[] command =
        Stream.concat(Stream.of("bench", "quantize"), Stream.of(args)).toArray(String[]::new);
    return Main.run(new PrintWriter(out), new PrintWriter(err), command);
  }

  /** One block of full width, by built-in plans and one in a file. */
  @Tag("slow")
  @Test
  void aBlockIsQuantizedInTheMemoryOfALayer() throws Exception {
    Path file = folder.resolve("quantize.json");
    int code =
        run(
            "--blocks",
            "1",
            "--plans",
            "viditq-rotate,convrot,plans/w4a8-alpha.yaml",
            "--scratch",
            folder.toString(),
            "--out",
            file.toString());
    assertThat(code).as(err.toString()).isZero();
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
    assertThat(run(option, value)).isIn(1, 2);
    assertThat(err.toString()).startsWith("viditq: ").hasLineCount(1).contains(words);
  }
}
