package org.viditq.bench.stability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class QuantityTest {
  private static final long MEBI = 1 << 20;

  /** Samples whose every quantity is {@code base} plus so much per round. */
  private static List<ProcessState> samples(long base, double perRound) {
    return IntStream.rangeClosed(1, 40)
        .mapToObj(
            i -> {
              long value = base + Math.round(i * perRound);
              return new ProcessState(i, i, value, value, value, value, value);
            })
        .toList();
  }

  @Test
  void whatStaysIsFlat() {
    for (Quantity quantity : Quantity.values()) {
      assertThat(quantity.isFlat(samples(200 * MEBI, 0))).isTrue();
      assertThat(quantity.isFlat(samples(200 * MEBI, -0.1 * MEBI))).isTrue();
    }
  }

  @Test
  void aSmallLeakPerRoundGrows() {
    for (Quantity quantity : Quantity.values()) {
      assertThat(quantity.isFlat(samples(200 * MEBI, 0.5 * MEBI))).isFalse();
    }
  }

  @Test
  void countedThingsMayNotGrowAtAll() {
    List<ProcessState> one = samples(20, 1 / 20.0);
    assertThat(Quantity.THREADS.isFlat(one)).isFalse();
    assertThat(Quantity.OPEN_FILES.isFlat(one)).isFalse();
    assertThat(Quantity.NATIVE.isFlat(one)).isFalse();
    assertThat(Quantity.RESIDENT.isFlat(samples(200 * MEBI, 1000))).isTrue();
  }

  @Test
  void growthIsTheLastQuarterLessTheSecond() {
    // Medians of samples 11 to 20 and 31 to 40 at one per round.
    assertThat(Quantity.HEAP.growth(samples(0, 1))).isEqualTo(20);
    assertThat(Quantity.HEAP.level(samples(0, 1))).isEqualTo(15.5);
  }

  @Test
  void thePlotHasALinePerQuantityAndWork() {
    StabilityRun run = new StabilityRun("a < b", 40, samples(5, 0));
    String svg = StabilityPlot.svg(List.of(run, run));
    assertThat(svg).startsWith("<svg ").contains("a &lt; b").doesNotContain("a < b");
    assertThat(svg.split("<polyline", -1)).hasSize(1 + 2 * Quantity.values().length);
  }
}
