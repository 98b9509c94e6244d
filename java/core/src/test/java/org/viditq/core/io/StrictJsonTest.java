package org.viditq.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Python's {@code json.loads} makes of the same bytes, but for duplicate keys. */
class StrictJsonTest {
  private static JsonNode parse(String json) throws JsonProcessingException {
    return StrictJson.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String refusal(byte[] json) {
    return StrictJson.describe(
        catchThrowableOfType(JsonProcessingException.class, () -> StrictJson.parse(json)));
  }

  @Test
  void byteOrderMarkAndOtherUnicodeEncodingsAreRead() throws JsonProcessingException {
    assertThat(parse("\ufeff{\"a\": 1}").path("a").intValue()).isEqualTo(1);
    for (String charset : new String[] {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"}) {
      byte[] json = "{\"a\": \"é\"}".getBytes(Charset.forName(charset));
      assertThat(StrictJson.parse(json).path("a").textValue()).as(charset).isEqualTo("é");
    }
  }

  /** Found by bench/fuzz: bytes that look like UTF-32 with a character beyond Unicode. */
  @ParameterizedTest
  @ValueSource(strings = {"000000 10ff003a207b22777b", "7b000000 0000ff7f 22000000"})
  void charactersBeyondUnicodeAreRefused(String hexadecimal) {
    byte[] json = HexFormat.of().parseHex(hexadecimal.replace(" ", ""));
    assertThat(refusal(json)).contains("UTF-32").doesNotContain("\n");
  }

  @Test
  void numbersThatAreNoneAreRead() throws JsonProcessingException {
    JsonNode node =
        parse("[NaN, Infinity, -Infinity, 1e400, 123456789012345678901234567890]\r\n\t ");
    assertThat(node.get(0).doubleValue()).isNaN();
    assertThat(node.get(1).doubleValue()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(node.get(2).doubleValue()).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(node.get(3).doubleValue()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(node.get(4).isBigInteger()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\": 1,}",
        "{'a': 1}",
        "{} x",
        "{} {}",
        "// x\n{}",
        "{\"a\": 01}",
        "{\"a\": .5}",
        "\"a\nb\"",
        "{\"a\": 1, \"a\": 2}",
        "nul",
        "[1 2]"
      })
  void whatIsNoJsonIsRefusedInOneLine(String json) {
    assertThat(refusal(json.getBytes(StandardCharsets.UTF_8)))
        .doesNotContain("\n")
        .hasSizeLessThan(400);
  }

  @Test
  void namesInRefusalsAreEscapedAndBounded() {
    assertThat(refusal("{\"\\u001b[2J\": 1, \"\\u001b[2J\": 2}".getBytes(StandardCharsets.UTF_8)))
        .contains("\\u001b[2J")
        .doesNotContain("\u001b");
    String name = "x".repeat(30_000);
    assertThat(
            refusal(("{\"" + name + "\":1,\"" + name + "\":2}").getBytes(StandardCharsets.UTF_8)))
        .hasSizeLessThan(400);
    assertThat(refusal("[".repeat(100_000).getBytes(StandardCharsets.UTF_8))).hasSizeLessThan(400);
    assertThat(refusal(new byte[] {'"', (byte) 0xff, '"'})).isNotEmpty();
  }
}
