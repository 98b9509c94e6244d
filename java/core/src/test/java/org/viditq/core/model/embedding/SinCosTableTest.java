package org.viditq.core.model.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

class SinCosTableTest {

  @Test
  void sequenceHoldsSinesThenCosines() {
    Tensor table = SinCosTable.sequence(4, 3, 2.0);
    assertThat(table.shape().toArray()).containsExactly(3, 4);
    double position = 2 / 2.0;
    assertThat(row(table, 2))
        .containsExactly(
            (float) Math.sin(position),
            (float) Math.sin(position / 100),
            (float) Math.cos(position),
            (float) Math.cos(position / 100));
  }

  @Test
  void gridEncodesTheColumnFirst() {
    Tensor table = SinCosTable.grid(8, PositionGrid.absolute(2, 3, 1));
    assertThat(table.shape().toArray()).containsExactly(6, 8);
    float[] token = row(table, 1 * 3 + 2);
    assertThat(token[0]).isEqualTo((float) Math.sin(2));
    assertThat(token[2]).isEqualTo((float) Math.cos(2));
    assertThat(token[4]).isEqualTo((float) Math.sin(1));
    assertThat(token[6]).isEqualTo((float) Math.cos(1));
  }

  @Test
  void gridEncodesEveryAxisAsTheSequenceDoes() {
    Tensor table = SinCosTable.grid(12, PositionGrid.absolute(4, 5, 1));
    Tensor axis = SinCosTable.sequence(6, 5, 1);
    for (int h = 0; h < 4; h++) {
      for (int w = 0; w < 5; w++) {
        float[] token = row(table, h * 5 + w);
        assertThat(Arrays.copyOfRange(token, 0, 6)).isEqualTo(row(axis, w));
        assertThat(Arrays.copyOfRange(token, 6, 12)).isEqualTo(row(axis, h));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"4, 8, 16", "16, 16, 16", "32, 8, 16"})
  void positionsSpanTheTrainingGridWhateverTheSize(int height, int width, int base) {
    PositionGrid grid = PositionGrid.relativeTo(base, height, width, 1);
    assertThat(grid.rowPositions()).hasSize(height).startsWith(0);
    assertThat(grid.rowPositions()[height - 1])
        .isEqualTo((float) ((height - 1) * (double) base / height));
    assertThat(grid.columnPositions()[width - 1])
        .isEqualTo((float) ((width - 1) * (double) base / width));
  }

  @Test
  void interpolationScaleDividesPositions() {
    assertThat(PositionGrid.relativeTo(4, 4, 4, 2).rowPositions()).containsExactly(0, .5f, 1, 1.5f);
    assertThat(PositionGrid.absolute(3, 3, 0.5).rowPositions()).containsExactly(0, 2, 4);
  }

  @Test
  void gridOfLatentsCountsPatches() {
    assertThat(PositionGrid.ofLatents(128, 2, Shape.of(1, 4, 64, 96), 2))
        .isEqualTo(PositionGrid.relativeTo(64, 32, 48, 2));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -4, 2, 6, 7})
  void gridNeedsChannelsInFours(int dimension) {
    assertThatThrownBy(() -> SinCosTable.grid(dimension, PositionGrid.absolute(2, 2, 1)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("divisible by 4")
        .hasMessageContaining(Integer.toString(dimension));
  }

  @Test
  void gridNeedsPositiveExtentsAndScale() {
    assertThatThrownBy(() -> PositionGrid.absolute(0, 2, 1)).isInstanceOf(ShapeException.class);
    assertThatThrownBy(() -> PositionGrid.absolute(2, 2, 0)).isInstanceOf(ShapeException.class);
    assertThatThrownBy(() -> PositionGrid.relativeTo(0, 2, 2, 1))
        .isInstanceOf(ShapeException.class);
  }

  private static float[] row(Tensor table, int index) {
    int width = table.dim(1);
    return Arrays.copyOfRange(table.data(), index * width, (index + 1) * width);
  }
}
