package org.viditq.tests.verify;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.verify.fixture.FixtureReader;

/** What a fixture file does not say clearly is refused, not guessed. */
class FixtureReaderTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"format_version", "op", "case", "source", "config", "rtol", "atol"})
  void requiredMetadataIsNamed(String key) throws IOException {
    requireRefused(new PlantedFixture().with(key, null), key);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "format_version | 2 | format version 2",
        "config | {oops | config",
        "config | [1] | config",
        "rtol | little | rtol",
        "rtol | -1 | rtol",
        "atol | NaN | atol",
        "tolerances | {\"nothing\":\"exact\"} | nothing",
        "tolerances | {\"codes\":\"roughly\"} | codes",
        "tolerances | {\"codes\":{\"max_abs\":1}} | codes",
        "tolerances | {\"codes\":{\"max_abs\":1.5,\"max_mismatch_fraction\":0.1}} | codes",
        "tolerances | {\"output\":{\"rtol\":1,\"atol\":1,\"atool\":1}} | output",
        "tolerances | {\"output\":\"exact\"} | output",
        "rtol | exact | output"
      })
  void malformedMetadataIsRefused(String key, String value, String named) throws IOException {
    requireRefused(new PlantedFixture().with(key, value), named);
  }

  @Test
  void missingFileIsNamed() {
    assertThatThrownBy(() -> FixtureReader.open(folder.resolve("absent.safetensors")))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("absent.safetensors");
  }

  private void requireRefused(PlantedFixture fixture, String named) throws IOException {
    Path file = fixture.write(folder);
    assertThatThrownBy(() -> FixtureReader.open(file).close())
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining(named);
  }
}
