package org.viditq.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineProgressTest {
  private static final long SECOND = 1_000_000_000L;

  private final StringWriter text = new StringWriter();
  private long now = 5 * SECOND;
  private final ProgressPace pace = new ProgressPace(() -> now, 10);

  private List<String> lines() {
    return text.toString().lines().toList();
  }

  private Progress task(String name, long total) {
    return new LineProgress(new PrintWriter(text), pace, name, total);
  }

  private void steps(Progress progress, int count, long nanoseconds) {
    for (int i = 0; i < count; i++) {
      now += nanoseconds;
      progress.step();
    }
  }

  @Test
  void thereIsALineInTenSecondsWithTheTimeLeft() {
    steps(task("Sampling", 40), 40, 3 * SECOND);
    assertThat(lines())
        .startsWith("Sampling: 4/40, 2 min left", "Sampling: 8/40, 2 min left")
        .endsWith("Sampling: 40/40")
        .hasSize(10);
  }

  @Test
  void shortWorkPrintsNothing() {
    steps(task("Sampling", 9), 9, SECOND);
    assertThat(lines()).isEmpty();
  }

  @Test
  void manyTasksShareThePace() {
    for (int i = 0; i < 100; i++) {
      steps(task("Task " + i, 3), 3, SECOND / 10);
    }
    assertThat(lines()).hasSize(3); // in thirty seconds
  }

  @Test
  void aLongUnitPrintsALineWhenItIsDone() {
    steps(task("Sampling", 3), 2, 7200 * SECOND);
    assertThat(lines())
        .containsExactly("Sampling: 1/3, 4 h 00 min left", "Sampling: 2/3, 2 h 00 min left");
  }

  @Test
  void labelsAreShownAndEscaped() {
    Progress progress = task("Sampling", 1);
    progress.label("w4a8\u001b[31m");
    steps(progress, 1, 11 * SECOND);
    assertThat(lines()).containsExactly("Sampling: 1/1 (w4a8\\u001b[31m)");
  }
}
