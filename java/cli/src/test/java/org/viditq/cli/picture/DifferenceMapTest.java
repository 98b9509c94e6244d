package org.viditq.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.tensor.Tensor;

class DifferenceMapTest {
  @Test
  void equalPicturesAreBlack() {
    DifferenceMap map = DifferenceMap.of(clip(0.5f), clip(0.5f));
    assertThat(map.largest()).isZero();
    assertThat(map.clip().pixels().data()).containsOnly(0f);
  }

  @Test
  void smallDifferencesAreMultipliedAsOftenAsTheyStayBelowWhite() {
    // 1/16 · 16 is white, and 1/16 · 32 would be cut.
    DifferenceMap map = DifferenceMap.of(clip(0.5f), clip(0.5625f));
    assertThat(map.scale()).isEqualTo(16);
    assertThat(map.largest()).isEqualTo(0.0625);
    assertThat(map.clip().pixels().data()).containsOnly(1f);
    assertThat(DifferenceMap.of(clip(1f), clip(0f)).scale()).isEqualTo(1);
    assertThat(DifferenceMap.of(clip(0.5f), clip(0.5001f)).scale()).isEqualTo(64);
  }

  @Test
  void aSinglePixelDoesNotDarkenTheRest() {
    float[] values = new float[16 * 16 * 3];
    Arrays.fill(values, 0.53125f);
    values[5] = 1;
    DifferenceMap map = DifferenceMap.of(clip(0.5f), new Clip(Tensor.of(values, 1, 16, 16, 3), 1));
    assertThat(map.scale()).isEqualTo(32);
    assertThat(map.largest()).isEqualTo(0.5);
    assertThat(map.clip().pixels().data()).containsOnly(1f);
  }

  private static Clip clip(float value) {
    return new Clip(Tensor.full(value, 1, 16, 16, 3), 1);
  }
}
