package org.viditq.core.pipeline.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.cache.BlockPart;

class StepCachingTest {
  private static StepCaching parse(String text) {
    return StepCaching.parse(text, ChangeEstimate.IDENTITY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "none | none",
        "auto | threshold:0.15",
        "threshold:0.15 | threshold:0.15",
        "threshold:0 | threshold:0.0",
        "interval:1 | none",
        "interval:3 | interval:3",
        "attention:2 | attention:2",
        "feed-forward:4 | feed-forward:4",
        "attention:2,feed-forward:2 | interval:2",
        "cross:0.4,threshold:1e-1 | threshold:0.1,cross:0.4",
        "cross:1 | none",
        "feed-forward:2,cross:0.5,attention:3 | attention:3,feed-forward:2,cross:0.5",
      })
  void isReadAndWritten(String text, String written) {
    assertThat(parse(text)).hasToString(written);
    assertThat(parse(written)).isEqualTo(parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "fast",
        "auto,interval:2",
        "none,none",
        "interval",
        "interval:",
        "interval:0",
        "interval:-2",
        "interval:2.5",
        "interval:99999999999",
        "interval:2,interval:2",
        "interval:2,attention:2",
        "feed-forward:2,interval:3",
        "threshold:-0.1",
        "threshold:NaN",
        "threshold:Infinity",
        "threshold:x",
        "cross:0",
        "cross:1.1",
        "cross:NaN",
        "threshold:0.1,",
        "threshold:0.1;cross:0.5",
      })
  void whatIsNothingOfTheKindIsRefused(String text) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(UsageException.class)
        .hasMessageMatching("[A-Z].*\\.");
  }

  @Test
  void nothingIsTheDefaultAndChangesNothing() {
    assertThat(StepCaching.NONE.isOn()).isFalse();
    assertThat(parse("interval:1").isOn()).isFalse();
    assertThat(parse("threshold:0").isOn()).isTrue();
    assertThat(parse("threshold:0").apart()).isTrue();
    assertThat(parse("interval:2").apart()).isFalse();
  }

  @Test
  void theKeyHasTheEstimate() {
    ChangeEstimate other = new ChangeEstimate(List.of(1.0, 2.0), 0, 1);
    assertThat(StepCaching.threshold(0.1, other).key())
        .isNotEqualTo(StepCaching.threshold(0.1, ChangeEstimate.IDENTITY).key());
  }

  /** Of 5 steps, 0.5 lets cross attention be computed in the first 3 (2.5, rounded up). */
  @Test
  void crossAttentionEndsWhereItIsToldTo() {
    StepCaching caching = parse("cross:0.5");
    List<Integer> every =
        IntStream.range(0, 5)
            .mapToObj(index -> caching.every(BlockPart.CROSS_ATTENTION, index, 5))
            .toList();
    assertThat(every)
        .containsExactly(1, 1, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);
    assertThat(caching.every(BlockPart.SELF_ATTENTION, 4, 5)).isEqualTo(1);
    assertThat(caching.keeps(BlockPart.CROSS_ATTENTION)).isTrue();
    assertThat(caching.keeps(BlockPart.FEED_FORWARD)).isFalse();
    assertThat(parse("interval:2").keeps(BlockPart.CROSS_ATTENTION)).isTrue();
  }
}
