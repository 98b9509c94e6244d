package org.viditq.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class LineProgressTest {
  @Test
  void thereIsALineForEveryTenth() {
    assertThat(linesOf(40)).hasSize(10).startsWith("Sampling: 4/40").endsWith("Sampling: 40/40");
  }

  @Test
  void aShortTaskHasALinePerUnit() {
    assertThat(linesOf(3)).containsExactly("Sampling: 1/3", "Sampling: 2/3", "Sampling: 3/3");
  }

  @Test
  void theLabelIsShown() {
    StringWriter text = new StringWriter();
    try (Progress progress = new LineProgress(new PrintWriter(text), "Sampling", 1)) {
      progress.label("w4a8");
      progress.step();
    }
    assertThat(text.toString()).isEqualToNormalizingNewlines("Sampling: 1/1 (w4a8)\n");
  }

  private static java.util.List<String> linesOf(int total) {
    StringWriter text = new StringWriter();
    try (Progress progress = new LineProgress(new PrintWriter(text), "Sampling", total)) {
      for (int i = 0; i < total; i++) {
        progress.step();
      }
    }
    return text.toString().lines().toList();
  }
}
