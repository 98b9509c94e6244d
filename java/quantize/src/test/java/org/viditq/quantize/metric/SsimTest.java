package org.viditq.quantize.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

class SsimTest {
  private static Tensor noise(long seed, int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    Random random = new Random(seed);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = random.nextFloat();
    }
    return tensor;
  }

  @ParameterizedTest
  @EnumSource
  void equalPicturesAreWhollySimilar(Ssim variant) {
    Tensor picture = noise(1, 3, 16, 19);
    assertThat(variant.of(picture, picture, 1)).isCloseTo(1, within(1e-12));
  }

  @ParameterizedTest
  @EnumSource
  void isSymmetricAndFallsWithNoise(Ssim variant) {
    Tensor picture = noise(2, 1, 20, 20);
    Tensor other = noise(3, 1, 20, 20);
    Tensor near = Tensor.zeros(1, 20, 20);
    for (int i = 0; i < near.size(); i++) {
      near.data()[i] = 0.9f * picture.data()[i] + 0.1f * other.data()[i];
    }
    assertThat(variant.of(picture, other, 1))
        .isCloseTo(variant.of(other, picture, 1), within(1e-12))
        .isLessThan(variant.of(picture, near, 1));
  }

  @ParameterizedTest
  @EnumSource
  void flatPicturesDifferInLuminanceOnly(Ssim variant) {
    double c1 = 1e-4;
    double expected = (2 * 0.25 * 0.5 + c1) / (0.25 * 0.25 + 0.5 * 0.5 + c1);
    assertThat(variant.of(Tensor.full(0.25f, 1, 12, 12), Tensor.full(0.5f, 1, 12, 12), 1))
        .isCloseTo(expected, within(1e-9));
  }

  @ParameterizedTest
  @EnumSource
  void picturesSmallerThanTheWindowAreRefused(Ssim variant) {
    assertThatThrownBy(() -> variant.of(Tensor.zeros(1, 6, 40), Tensor.zeros(1, 6, 40), 1))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("40 x 6");
  }

  @Test
  void channelsAndFramesAreAveraged() {
    Tensor reference = noise(4, 2, 3, 12, 12);
    Tensor test = noise(5, 2, 3, 12, 12);
    double[][] channels = Ssim.GAUSSIAN.ofChannels(reference, test, 1);
    double sum = 0;
    for (double[] frame : channels) {
      for (double channel : frame) {
        sum += channel;
      }
    }
    assertThat(Ssim.GAUSSIAN.of(reference, test, 1)).isCloseTo(sum / 6, within(1e-12));
  }
}
