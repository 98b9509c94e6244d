package org.viditq.core.diffusers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidModelException;

class JsonConfigTest {
  @TempDir Path folder;

  private JsonConfig config(String json) throws IOException {
    return JsonConfig.read(Files.writeString(folder.resolve("config.json"), json));
  }

  @Test
  void readsEveryType() throws IOException {
    JsonConfig config =
        config(
            """
            {"layers": 28, "eps": 1e-06, "bias": true, "act": "silu", "size": 2,
             "channels": [16, 32], "betas": [0.5, 1], "types": ["a", "b"],
             "clip": -Infinity, "scale": null, "inner": {"k": 3}}""");
    assertThat(config.getInt("layers")).isEqualTo(28);
    assertThat(config.getDouble("eps")).isEqualTo(1e-6);
    assertThat(config.getDouble("size")).isEqualTo(2.0);
    assertThat(config.getBoolean("bias")).isTrue();
    assertThat(config.getString("act")).isEqualTo("silu");
    assertThat(config.getIntArray("channels")).containsExactly(16, 32);
    assertThat(config.getDoubleArray("betas")).containsExactly(0.5, 1);
    assertThat(config.getStrings("types")).containsExactly("a", "b");
    assertThat(config.getDouble("clip")).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(config.getObject("inner").getInt("k")).isEqualTo(3);
    assertThat(config.findString("act")).contains("silu");
  }

  @Test
  void nullAndAbsentKeysTakeTheDefault() throws IOException {
    JsonConfig config = config("{\"scale\": null}");
    assertThat(config.has("scale")).isFalse();
    assertThat(config.getDouble("scale", 2)).isEqualTo(2);
    assertThat(config.getInt("layers", 7)).isEqualTo(7);
    assertThat(config.getBoolean("bias", true)).isTrue();
    assertThat(config.getString("act", "gelu")).isEqualTo("gelu");
    assertThat(config.findString("act")).isEmpty();
  }

  @Test
  void positiveGettersRefuseTheRest() throws IOException {
    JsonConfig config = config("{\"one\": 1, \"zero\": 0, \"eps\": 1e-6, \"endless\": Infinity}");
    assertThat(config.getPositiveInt("one")).isEqualTo(1);
    assertThat(config.getPositiveInt("layers", 7)).isEqualTo(7);
    assertThat(config.getPositiveDouble("eps", 1)).isEqualTo(1e-6);
    assertThat(config.getPositiveDouble("scale", 2)).isEqualTo(2);
    assertThatThrownBy(() -> config.getPositiveInt("zero", 7))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageEndingWith("zero is 0, but must be positive.");
    assertThatThrownBy(() -> config.getPositiveDouble("zero", 1))
        .isInstanceOf(InvalidModelException.class);
    assertThatThrownBy(() -> config.getPositiveDouble("endless", 1))
        .isInstanceOf(InvalidModelException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"28\"", "28.5", "true", "[28]", "{}"})
  void wrongTypeNamesFileAndKeyEvenWithADefault(String value) throws IOException {
    JsonConfig config = config("{\"layers\": " + value + "}");
    assertThatThrownBy(() -> config.getInt("layers", 1))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("config.json: layers is " + value)
        .hasMessageContaining("must be an integer");
  }

  /** An integer, but none that fits: not its type is wrong. */
  @Test
  void integersBeyondTheRangeAreToldIt() throws IOException {
    JsonConfig config = config("{\"layers\": 3000000000}");
    assertThatThrownBy(() -> config.getInt("layers", 1))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("config.json: layers is 3000000000")
        .hasMessageContaining("between -2147483648 and 2147483647");
  }

  @Test
  void missingKeyNamesFileAndKey() throws IOException {
    JsonConfig config = config("{\"inner\": {}}");
    assertThatThrownBy(() -> config.getObject("inner").getString("act"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("config.json at inner lacks act");
  }

  @Test
  void arrayElementsAreChecked() throws IOException {
    JsonConfig config = config("{\"channels\": [16, \"32\"]}");
    assertThatThrownBy(() -> config.getIntArray("channels"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("channels")
        .hasMessageContaining("array of integers");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\": 1          | not valid JSON",
        "{\"a\": 1, \"a\": 2} | Duplicate",
        "{} {}              | not valid JSON",
        "[1]                | JSON object",
        "''                 | nothing",
      })
  void malformedFilesAreNamed(String json, String reason) {
    assertThatThrownBy(() -> config(json))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining(reason)
        .hasMessageNotContaining("\n");
  }

  @Test
  void missingFileIsNamed() {
    assertThatThrownBy(() -> JsonConfig.read(folder.resolve("absent.json")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("absent.json");
  }
}
