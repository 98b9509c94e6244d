package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.NonFiniteException;

class WorkersTest {
  @ParameterizedTest
  @CsvSource({"1,0,4", "2,1,4", "2,4,4", "3,5,4", "3,103,7", "8,3,1"})
  void runEveryRowOnce(int threads, int rows, int blockRows) {
    AtomicIntegerArray runs = new AtomicIntegerArray(rows);
    try (Workers workers = new Workers(threads)) {
      workers.forEachBlock(
          rows,
          blockRows,
          (from, to) -> {
            assertThat(to - from).isBetween(1, blockRows);
            for (int row = from; row < to; row++) {
              runs.incrementAndGet(row);
            }
          });
    }
    for (int row = 0; row < rows; row++) {
      assertThat(runs.get(row)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void passErrorsOnAsTheyAre(int threads) {
    try (Workers workers = new Workers(threads)) {
      assertThatThrownBy(
              () ->
                  workers.forEachBlock(
                      10,
                      1,
                      (from, to) -> {
                        if (from == 7) {
                          throw new NonFiniteException("row 7");
                        }
                      }))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("row 7");
    }
  }
}
