package org.viditq.bench.roofline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.bench.roofline.RooflineProfile.Entry;
import org.viditq.core.model.LinearLayer;

class RooflineTableTest {
  private static final MachineLimits LIMITS = new MachineLimits(800, 400, 200, 20);

  private static final Entry LAYERS =
      new Entry(
          OperatorKind.of("feed forward: fc1 fc2, int8", "quantization", "GELU"),
          56,
          60_000_000,
          new Work(32_000_000_000L, 0, 800_000_000, 40_000_000));
  private static final Entry MOVES =
      new Entry(OperatorKind.of("permute"), 4, 40_000_000, Work.moved(400_000_000));
  private static final Entry VIEWS = new Entry(OperatorKind.of("reshape"), 2, 0, Work.NONE);

  private static final RooflineTable TABLE =
      new RooflineTable("w8a8", "256 px", 2, List.of(LAYERS, MOVES, VIEWS), LIMITS);

  @Test
  void theLongerOfArithmeticAndMemoryIsTheLimit() {
    Work work = LAYERS.work().dividedBy(2);
    assertThat(LIMITS.arithmeticNanos(work)).isEqualTo(16e9 / 800 + 4e8 / 200);
    assertThat(LIMITS.memoryNanos(work)).isEqualTo(2e7 / 20);
    assertThat(LIMITS.nanos(work)).isEqualTo(22e6);
    assertThat(LIMITS.nanos(new Work(0, 800, 0, 100))).isEqualTo(5);
  }

  @Test
  void rowsAreMeansOfAnEvaluation() {
    List<String> lines = TABLE.lines();
    assertThat(lines.get(0).split(" {2,}"))
        .containsExactly(
            "w8a8, 256 px",
            "calls",
            "ms",
            "share",
            "op",
            "bytes",
            "limit, ms",
            "by",
            "of limit",
            "with");
    assertThat(lines.get(1).split(" {2,}"))
        .containsExactly(
            "feed forward: fc1 fc2, int8",
            "28",
            "30.0",
            "60.0 %",
            "16.4 G",
            "19.1 MiB",
            "22.0",
            "arithmetic",
            "0.733",
            "quantization, GELU");
    assertThat(lines.get(2).split(" {2,}"))
        .containsExactly(
            "permute", "2", "20.0", "40.0 %", "0", "191 MiB", "10.0", "memory", "0.500");
    assertThat(lines.get(3).split(" {2,}"))
        .containsExactly("reshape", "1", "0.0", "0.0 %", "0", "0 B", "0.0");
    assertThat(lines.get(4).split(" {2,}"))
        .containsExactly("all", "50.0", "16.4 G", "32.0", "0.640");
  }

  @Test
  void jsonHasOperationsAndBytes() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    LIMITS.putInto(json);
    TABLE.putInto(json);
    assertThat(json.get("limits"))
        .hasToString(
            "{\"int8Gops\":800.0,\"bf16Gops\":400.0,\"fp32Gops\":200.0,"
                + "\"gigabytesPerSecond\":20.0}");
    assertThat(json.get("name").asText()).isEqualTo("w8a8");
    assertThat(json.get("millis").asDouble()).isEqualTo(50);
    assertThat(json.get("limitMillis").asDouble()).isEqualTo(32);
    assertThat(json.get("fractionOfLimit").asDouble()).isEqualTo(0.64);
    JsonNode operators = json.get("operators");
    assertThat(operators.get(0))
        .hasToString(
            "{\"operator\":\"feed forward: fc1 fc2, int8\",\"with\":[\"quantization\",\"GELU\"],"
                + "\"calls\":28,\"millis\":30.0,\"share\":0.6,\"int8Operations\":16000000000,"
                + "\"bf16Operations\":0,\"fp32Operations\":400000000,\"bytes\":20000000,"
                + "\"limitMillis\":22.0,\"boundBy\":\"arithmetic\",\"fractionOfLimit\":0.7333}");
    assertThat(operators.get(1).get("boundBy").asText()).isEqualTo("memory");
    assertThat(operators.get(2).has("boundBy")).isFalse();
  }

  @Test
  void entriesTravelAsLines() {
    for (Entry entry : List.of(LAYERS, MOVES, VIEWS)) {
      assertThat(Entry.parse(entry.toLine())).isEqualTo(entry);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1 2 3 4 5 6 ", "1 2 3 4 5 x kind", "-1 2 3 4 5 6 kind"})
  void linesThatAreNoEntriesAreRefused(String line) {
    assertThatThrownBy(() -> Entry.parse(line)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "transformer_blocks.0.attn1.to_out.0,SELF_ATTENTION,self attention: to_out.0",
    "transformer_blocks.27.ff.net.0.proj,FEED_FORWARD,feed forward: net.0.proj",
    "blocks.3.attn_temp.qkv,TEMPORAL_ATTENTION,temporal attention: qkv",
    "blocks.3.skip_linear,SKIP,skip connection: skip_linear",
    "adaln_single.emb.timestep_embedder.linear_1,EMBEDDING,embedding",
    "t_embedder.mlp.0,EMBEDDING,embedding",
    "proj_out,OUTPUT,output",
    "blocks.0.mystery,,linear: mystery"
  })
  void rolesAreTheSameInEveryBlock(String name, LinearLayer.Type type, String role) {
    assertThat(LayerRoles.of(Optional.ofNullable(type), List.of(name))).isEqualTo(role);
  }
}
