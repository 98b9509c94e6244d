package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.tensor.Shape;

class SampleGroupTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "2, 1024, 2",
    "2, 256, 2",
    "7, 100, 1",
    "5, 4096, 3",
    "3, 0, 2",
    "0, 9, 1"
  })
  void groupsAreAllSamplesInOrder(int batch, int tokens, int threads) {
    int next = 0;
    for (SampleGroup group : SampleGroup.groups(Shape.of(batch, tokens, 6), threads)) {
      assertThat(group.first()).isEqualTo(next);
      assertThat(group.samples()).isPositive();
      assertThat(group.tokens()).isEqualTo(tokens);
      assertThat(group.samples() == 1 || group.rows() <= 512 * threads).isTrue();
      next += group.samples();
    }
    assertThat(next).isEqualTo(batch);
  }

  @Test
  void asManySamplesAsKeepTheThreadsBusy() {
    assertThat(SampleGroup.groups(Shape.of(8, 256, 4), 2))
        .containsExactly(new SampleGroup(0, 4, 256), new SampleGroup(4, 4, 256));
    assertThat(SampleGroup.groups(Shape.of(2, 1024, 4), 2))
        .containsExactly(new SampleGroup(0, 1, 1024), new SampleGroup(1, 1, 1024));
  }

  @Test
  void otherRanksAreOneSample() {
    assertThat(SampleGroup.groups(Shape.of(5000, 4), 1))
        .isEqualTo(List.of(new SampleGroup(0, 1, 5000)));
  }
}
