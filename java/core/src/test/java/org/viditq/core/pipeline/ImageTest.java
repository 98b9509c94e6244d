package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

class ImageTest {
  @Test
  void valuesAreRoundedHalfToEvenAndClamped() {
    // 0.5 * 255 = 127.5 goes to 128, 0.1 * 255 = 25.5 to 26 (even), 2.5 / 255 to 2.
    float[] values = {0, 1, 0.5f, 0.1f, 2.5f / 255, -3, 7, 0.25f, 254.4f / 255};
    Image image = new Image(Tensor.of(values, 1, 3, 3));
    assertThat(image.toBufferedImage().getRGB(0, 0) & 0xffffff).isEqualTo(0x00ff80);
    assertThat(image.toBufferedImage().getRGB(1, 0) & 0xffffff).isEqualTo(0x1a0200);
    assertThat(image.toBufferedImage().getRGB(2, 0) & 0xffffff).isEqualTo(0xff40fe);
  }

  @Test
  void sidesAreHeightThenWidth() {
    Image image = new Image(Tensor.zeros(2, 5, 3));
    assertThat(image.height()).isEqualTo(2);
    assertThat(image.toBufferedImage().getWidth()).isEqualTo(5);
  }

  @Test
  void planesAreNotAnImage() {
    assertThatThrownBy(() -> new Image(Tensor.zeros(3, 8, 8))).isInstanceOf(ShapeException.class);
  }
}
