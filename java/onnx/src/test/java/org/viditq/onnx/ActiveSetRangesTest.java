package org.viditq.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.quant.TimestepRange;

class ActiveSetRangesTest {
  private final ActiveSetRanges ranges = ActiveSetRanges.parse("[0,501) [501,750.5) [750.5,1001)");

  @Test
  void aTimestepHasTheIndexOfItsRangeOrOfTheNearest() {
    assertThat(ranges.at(0)).isZero();
    assertThat(ranges.at(500.9)).isZero();
    assertThat(ranges.at(501)).isEqualTo(1);
    assertThat(ranges.at(750.5)).isEqualTo(2);
    assertThat(ranges.at(-1)).isZero();
    assertThat(ranges.at(5000)).isEqualTo(2);
  }

  @Test
  void whatIsDescribedIsReadAgain() {
    assertThat(ranges.ranges())
        .containsExactly(
            new TimestepRange(0, 501),
            new TimestepRange(501, 750.5),
            new TimestepRange(750.5, 1001));
    assertThat(ActiveSetRanges.parse(ranges.describe())).isEqualTo(ranges);
    ActiveSetRanges tiny = new ActiveSetRanges(List.of(new TimestepRange(-1.5e-9, 1e-7)));
    assertThat(ActiveSetRanges.parse(tiny.describe())).isEqualTo(tiny);
  }

  @Test
  void aGraphWithoutTheInputHasNoRanges() {
    assertThat(ActiveSetRanges.parse("").ranges()).isEmpty();
    assertThat(ActiveSetRanges.parse("").at(700)).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[0,501]",
        "[0,501) ",
        "[0,501)  [501,1001)",
        "[0,501) [502,1001)",
        "[501,501)",
        "[1,0)",
        "[0,1e)",
        "[0,.)",
        "[-,+)",
        "0,1",
        "[0,1,2)",
        " "
      })
  void anythingElseIsRefused(String description) {
    assertThatThrownBy(() -> ActiveSetRanges.parse(description))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(ActiveSetRanges.METADATA);
  }

  @Test
  void damagedDescriptionsAreReadOrRefused() {
    Random random = new Random(5);
    String alphabet = "[]() ,.0123456789eE+-";
    for (int round = 0; round < 5000; round++) {
      StringBuilder text = new StringBuilder(ranges.describe());
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        text.setCharAt(
            random.nextInt(text.length()), alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        ActiveSetRanges read = ActiveSetRanges.parse(text.toString());
        assertThat(ActiveSetRanges.parse(read.describe())).isEqualTo(read);
      } catch (InvalidModelException refused) {
        assertThat(refused).hasMessageContaining(ActiveSetRanges.METADATA);
      }
    }
  }
}
