package org.viditq.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantitiesTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.00 KiB",
    "10485760, 10.0 MiB",
    "161061273600, 150 GiB"
  })
  void bytes(long bytes, String text) {
    assertThat(Quantities.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "9999, 9999", "10000, 10.0 K", "5100000, 5.1 M", "611000000, 611 M"})
  void counts(long count, String text) {
    assertThat(Quantities.count(count)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0.4213, 0.42 s", "12.34, 12.3 s", "59.5, 59.5 s", "125.2, 2 min 05 s"})
  void seconds(double seconds, String text) {
    assertThat(Quantities.seconds(seconds)).isEqualTo(text);
  }
}
