package org.viditq.quantize.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.ViditqException;

class SensitivityFileTest {
  @TempDir private Path folder;

  @Test
  void whatIsWrittenIsReadToTheBit() throws Exception {
    SensitivityTable table = Tables.random(1, 6, 2, List.of(8, 6, 4));
    Path file = folder.resolve("s.json");
    SensitivityFile.write(file, table);
    SensitivityTable read = SensitivityFile.read(file);
    assertThat(read.units()).isEqualTo(table.units());
    assertThat(read.metrics()).isEqualTo(table.metrics());
    assertThat(read.bits()).isEqualTo(table.bits());
    assertThat(read.facts()).isEqualTo(table.facts());
    for (int i = 0; i < table.results().size(); i++) {
      for (Map.Entry<String, double[]> metric : table.results().get(i).worsening().entrySet()) {
        assertThat(read.results().get(i).worsening().get(metric.getKey()))
            .containsExactly(metric.getValue());
      }
    }
    Path again = folder.resolve("again.json");
    SensitivityFile.write(again, read);
    assertThat(again).hasSameBinaryContentAs(file);
  }

  @Test
  void meanAndItsStandardError() {
    SensitivityTable.Result result =
        new SensitivityTable.Result(0, 0, 4, Map.of("mse", new double[] {1, 2, 6}));
    assertThat(result.mean("mse")).isEqualTo(3);
    // Variance 7 over three values.
    assertThat(result.standardError("mse")).isCloseTo(Math.sqrt(7.0 / 3), within(1e-15));
    assertThat(
            new SensitivityTable.Result(0, 0, 4, Map.of("mse", new double[] {5}))
                .standardError("mse"))
        .isZero();
  }

  /** Each replaces one value by another that contradicts the rest. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"viditq-sensitivity\"|\"other\"|holds no sensitivities",
        "\"format_version\" : 1|\"format_version\" : 2|format_version",
        "\"ranges\" : 1|\"ranges\" : 0|ranges",
        "\"ranges\" : 1|\"ranges\" : 1e9|ranges",
        "\"bits\" : [ 8, 4 ]|\"bits\" : [ 8, 8 ]|bits",
        "\"bits\" : [ 8, 4 ]|\"bits\" : [ 9, 4 ]|bits",
        "\"self_attention\"|\"attention\"|type",
        "\"direction\" : \"higher\"|\"direction\" : \"up\"|direction",
        "\"metric\" : \"ssim\"|\"metric\" : \"psnr\"|metric",
        "\"weights\" :|\"weights\" : -1, \"other\" :|weights",
        "\"unit\" : 0|\"unit\" : 7|unit",
        "\"blocks.1.l0\"|\"blocks.0.l0\"|two units",
        "\"steps\" : 20|\"steps\" : \"20\"|steps"
      })
  void contradictionsAreNamed(String from, String to, String words) throws Exception {
    Path file = folder.resolve("s.json");
    SensitivityFile.write(file, Tables.random(1, 2, 1, List.of(8, 4)));
    String json = Files.readString(file);
    assertThat(json).contains(from);
    int at = json.indexOf(from);
    byte[] changed =
        (json.substring(0, at) + to + json.substring(at + from.length()))
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> SensitivityFile.parse(changed, "s.json"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("s.json")
        .hasMessageContaining(words)
        .hasMessageMatching("[^\n]*\\.");
  }

  @Test
  void filesThatAreNotThere() {
    assertThatThrownBy(() -> SensitivityFile.read(folder.resolve("none.json")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("none.json");
  }

  /** Any bytes give sensitivities or one sentence, soon. */
  @Test
  void mutatedFilesAreReadOrRefused() throws Exception {
    Path file = folder.resolve("s.json");
    SensitivityFile.write(file, Tables.random(2, 4, 2, List.of(8, 4)));
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(20);
    List<String> words =
        List.of("null", "-1", "1e400", "[]", "{}", "\"\"", "true", "9999999999", "NaN", ",", "}");
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          int read = 0;
          for (int i = 0; i < 1500; i++) {
            try {
              SensitivityFile.parse(mutated(whole, random, words), "fuzz");
              read++;
            } catch (ViditqException refused) {
              assertThat(refused.getMessage()).startsWith("fuzz").endsWith(".");
            }
          }
          assertThat(read).isLessThan(1500);
        });
  }

  private static byte[] mutated(byte[] whole, Random random, List<String> words) {
    int at = random.nextInt(whole.length);
    switch (random.nextInt(4)) {
      case 0:
        byte[] flipped = whole.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        return flipped;
      case 1:
        return Arrays.copyOf(whole, at);
      case 2:
        byte[] filled = whole.clone();
        Arrays.fill(filled, at, Math.min(whole.length, at + 30), (byte) random.nextInt(256));
        return filled;
      default:
        // Replaces a value behind a colon.
        String text = new String(whole, StandardCharsets.UTF_8);
        List<Integer> colons = new ArrayList<>();
        for (int i = text.indexOf(" : "); i >= 0; i = text.indexOf(" : ", i + 1)) {
          colons.add(i);
        }
        int colon = colons.get(random.nextInt(colons.size())) + 3;
        int end = colon;
        while (end < text.length() && ",\n}".indexOf(text.charAt(end)) < 0) {
          end++;
        }
        return (text.substring(0, colon)
                + words.get(random.nextInt(words.size()))
                + text.substring(end))
            .getBytes(StandardCharsets.UTF_8);
    }
  }
}
