package org.viditq.core.model.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.ShapeException;

class RotaryTableTest {

  @ParameterizedTest
  @CsvSource({
    // height, width, base, top, left, bottom, right
    "3, 5, 32, 6, 0, 25, 32",
    "5, 3, 32, 0, 6, 32, 25",
    "8, 8, 32, 0, 0, 32, 32",
    "64, 64, 32, 0, 0, 32, 32",
    "1, 2, 5, 2, 0, 4, 5", // 2.5 rounds to 2, 1.5 to 2: half to even
    "1, 32, 32, 16, 0, 17, 32", // 15.5 rounds to 16
  })
  void regionKeepsTheAspectRatioInTheCentre(
      int height, int width, int base, int top, int left, int bottom, int right) {
    assertThat(CropRegion.fit(height, width, base))
        .isEqualTo(new CropRegion(top, left, bottom, right));
  }

  @Test
  void pairsShareAnAngle() {
    RotaryTable table = RotaryTable.grid(16, 3, 5, 32);
    float[] cos = table.cos().data();
    float[] sin = table.sin().data();
    assertThat(table.cos().shape().toArray()).containsExactly(15, 16);
    for (int i = 0; i < cos.length; i += 2) {
      assertThat(cos[i]).isEqualTo(cos[i + 1]);
      assertThat(sin[i]).isEqualTo(sin[i + 1]);
      assertThat(cos[i] * cos[i] + sin[i] * sin[i]).isCloseTo(1, within(1e-6f));
    }
  }

  @Test
  void columnsTurnTheFirstHalfAndRowsTheSecond() {
    RotaryTable table = RotaryTable.grid(8, 4, 4, 4);
    int token = (1 * 4 + 3) * 8;
    assertThat(table.sin().data()[token]).isEqualTo((float) Math.sin(3));
    assertThat(table.sin().data()[token + 2]).isEqualTo((float) Math.sin(3 / 100.0));
    assertThat(table.sin().data()[token + 4]).isEqualTo((float) Math.sin(1));
    assertThat(table.sin().data()[token + 6]).isEqualTo((float) Math.sin(1 / 100.0));
  }

  @Test
  void singleRowLiesAtTheStartOfItsRegion() {
    RotaryTable table = RotaryTable.grid(4, 1, 32, 32);
    assertThat(table.sin().data()[2]).isEqualTo((float) Math.sin(16));
  }

  @Test
  void rejectsWhatHasNoPairsOrNoExtent() {
    assertThatThrownBy(() -> RotaryTable.grid(6, 2, 2, 4))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("divisible by 4");
    assertThatThrownBy(() -> RotaryTable.grid(8, 0, 2, 4))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("0 x 2");
  }

  @Test
  void rejectsWhatNoArrayHolds() {
    assertThatThrownBy(() -> RotaryTable.grid(88, 1 << 16, 1 << 16, 32))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("65536 x 65536");
  }
}
