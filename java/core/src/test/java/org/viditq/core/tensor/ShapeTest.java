package org.viditq.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void textIsBounded() {
    assertThat(Shape.of(2, 3)).hasToString("[2, 3]");
    int[] ones = new int[100_000];
    Arrays.fill(ones, 1);
    assertThat(Shape.of(ones).toString()).hasSizeLessThan(100).contains("of rank 100000");
  }
}
