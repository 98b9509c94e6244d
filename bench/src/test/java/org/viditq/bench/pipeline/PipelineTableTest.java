package org.viditq.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

class PipelineTableTest {
  private static final Measured FULL =
      new Measured(
          "fp32", new long[] {3_000_000_000L, 9_000_000_000L, 2_000_000_000L}, 2L << 30, 1000);
  private static final Measured QUANTIZED =
      new Measured("w8a8", new long[] {1_000_000_000L, 2_000_000_000L}, 3 << 20, 250);

  @Test
  void ratiosAreThoseToFullPrecision() {
    assertThat(new PipelineTable(256, List.of(FULL, QUANTIZED)).lines())
        .containsExactly(
            "256 px  per evaluation  as fast as fp32  peak memory  weights  of fp32",
            "fp32           3.000 s            1.00×     2.00 GiB   1000 B    1.000",
            "w8a8           1.500 s            2.00×     3.00 MiB    250 B    0.250");
    ObjectNode json = new ObjectMapper().createObjectNode();
    new PipelineTable(256, List.of(FULL, QUANTIZED)).putInto(json);
    assertThat(json.get("results").get(1))
        .hasToString(
            "{\"name\":\"w8a8\",\"medianSeconds\":1.5,\"seconds\":[1.0,2.0],\"timesFp32\":2.0,"
                + "\"peakResidentBytes\":3145728,\"weightBytes\":250,\"weightsOfFp32\":0.25}");
  }

  @Test
  void withoutFullPrecisionThereIsNothingToCompareWith() {
    assertThat(new PipelineTable(64, List.of(QUANTIZED)).lines().get(1))
        .isEqualTo("w8a8          1.500 s                      3.00 MiB    250 B");
  }
}
