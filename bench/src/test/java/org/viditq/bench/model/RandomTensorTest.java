package org.viditq.bench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.viditq.core.tensor.Float16;
import org.viditq.core.tensor.Shape;

class RandomTensorTest {
  private static final int SIZE = 20_000;

  private static float[] values(RandomTensor tensor) {
    float[] values = new float[SIZE];
    tensor.copyTo(0, values, 0, SIZE);
    return values;
  }

  @Test
  void bytesAreTheSameNumbersAndAnyPartIsThatOfTheWhole() {
    RandomTensor tensor = new RandomTensor("w", Shape.of(100, 200), 0, 0.03);
    float[] values = values(tensor);
    ByteBuffer bytes = tensor.bytes().order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      assertThat(Float16.toFloat(bytes.getShort())).isEqualTo(value);
    }
    float[] part = new float[10];
    tensor.copyTo(777, part, 2, 5);
    for (int i = 0; i < 5; i++) {
      assertThat(part[2 + i]).isEqualTo(values[777 + i]);
    }
  }

  @Test
  void meanAndDeviationAreThoseAskedFor() {
    float[] values = values(new RandomTensor("w", Shape.of(SIZE), 1, 0.25));
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      sum += value;
      squares += (double) value * value;
    }
    double mean = sum / SIZE;
    assertThat(mean).isCloseTo(1, within(4 * 0.25 / Math.sqrt(SIZE)));
    assertThat(Math.sqrt(squares / SIZE - mean * mean)).isCloseTo(0.25, within(0.01));
  }
}
