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
  private static final Measured PEER =
      new Measured("onnxruntime-dynamic-int8", new long[] {2_400_000_000L}, 4 << 20, 260);

  @Test
  void ratiosAreThoseToTheVariantsThatOthersAreComparedWith() {
    PipelineTable table = new PipelineTable("256 px", List.of(FULL, QUANTIZED, PEER));
    assertThat(table.lines().get(0).split(" {2,}"))
        .containsExactly(
            "256 px",
            "per evaluation",
            "vs fp32",
            "vs w8a8",
            "vs onnxruntime-dynamic-int8",
            "peak memory",
            "weights",
            "of fp32");
    assertThat(table.lines().get(1).split(" {2,}"))
        .containsExactly(
            "fp32", "3.000 s", "1.00×", "0.50×", "0.80×", "2.00 GiB", "1000 B", "1.000");
    assertThat(table.lines().get(2).split(" {2,}"))
        .containsExactly(
            "w8a8", "1.500 s", "2.00×", "1.00×", "1.60×", "3.00 MiB", "250 B", "0.250");
    ObjectNode json = new ObjectMapper().createObjectNode();
    table.putInto(json);
    assertThat(json.get("results").get(1))
        .hasToString(
            "{\"name\":\"w8a8\",\"medianSeconds\":1.5,\"seconds\":[1.0,2.0],\"timesFp32\":2.0,"
                + "\"timesW8A8\":1.0,\"timesOnnxRuntimeInt8\":1.6,"
                + "\"peakResidentBytes\":3145728,\"weightBytes\":250,\"weightsOfFp32\":0.25}");
  }

  @Test
  void whatIsNotMeasuredIsNotComparedWith() {
    PipelineTable table = new PipelineTable("64 px", List.of(PEER));
    assertThat(table.lines().get(1).split(" {2,}"))
        .containsExactly("onnxruntime-dynamic-int8", "2.400 s", "1.00×", "4.00 MiB", "260 B");
    ObjectNode json = new ObjectMapper().createObjectNode();
    table.putInto(json);
    assertThat(json.get("results").get(0).has("timesFp32")).isFalse();
    assertThat(json.get("results").get(0).has("timesW8A8")).isFalse();
  }
}
