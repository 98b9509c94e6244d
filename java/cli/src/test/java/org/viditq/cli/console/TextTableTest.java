package org.viditq.cli.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void columnsAreAlignedByTheWidestCell() {
    assertThat(
            new TextTable("plan", ">bytes", "note")
                .row("w8a8", "1234", "")
                .row("a", "5", "x")
                .lines())
        .containsExactly("plan  bytes  note", "w8a8   1234", "a         5  x");
  }

  @Test
  void aRowMustFillTheColumns() {
    assertThatThrownBy(() -> new TextTable("a", "b").row("1"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
