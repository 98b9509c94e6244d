package org.viditq.core.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;

class SeededNoiseTest {
  @Test
  void aSamplesNoiseDependsOnItsSeedAlone() {
    SeededNoise batch = new SeededNoise(List.of(3L, 9L));
    SeededNoise alone = new SeededNoise(List.of(9L));
    for (int draw = 0; draw < 2; draw++) {
      float[] both = batch.draw(Shape.of(2, 4, 5)).data();
      float[] second = alone.draw(Shape.of(1, 4, 5)).data();
      assertThat(java.util.Arrays.copyOfRange(both, 20, 40)).containsExactly(second);
    }
  }

  @Test
  void everySampleNeedsASeed() {
    assertThatThrownBy(() -> new SeededNoise(List.of(1L)).draw(Shape.of(2, 4)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("1 seeds");
  }
}
