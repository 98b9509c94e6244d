package org.viditq.quantize.metric.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.clip.ClipMetric.Need;

class BuiltInMetricTest {
  private static final String CAPTION = "a red circle moving right on a white background";

  private static final ReferenceClip REFERENCE = new ReferenceClip(clip(2, 0));

  @ParameterizedTest
  @EnumSource(BuiltInMetric.class)
  void theReferenceItselfIsNoWorseAndNoiseIs(BuiltInMetric metric) {
    double own = metric.of(JudgedClip.ofReference(REFERENCE, CAPTION));
    double noisy = metric.of(JudgedClip.of(clip(2, 0.2), REFERENCE, CAPTION));
    if (metric != BuiltInMetric.PSNR) {
      assertThat(metric.worsening(own, own)).isZero();
    }
    // Alignment of a texture that is no scene may move either way.
    if (metric != BuiltInMetric.SCENE_ALIGNMENT) {
      assertThat(metric.worsening(own, noisy)).isPositive();
    }
    assertThat(noisy).isFinite();
  }

  @ParameterizedTest
  @EnumSource(BuiltInMetric.class)
  void whatIsMissingIsNamed(BuiltInMetric metric) {
    for (Need need : metric.needs()) {
      JudgedClip lacking =
          new JudgedClip(
              clip(need == Need.SEVERAL_FRAMES ? 1 : 2, 0),
              need == Need.REFERENCE ? Optional.empty() : Optional.of(REFERENCE),
              need == Need.CAPTION ? Optional.empty() : Optional.of(CAPTION));
      assertThatThrownBy(() -> metric.of(lacking))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(metric.id());
    }
    assertThat(metric.needs()).isNotEmpty();
    assertThat(ClipMetrics.find(metric.id())).isSameAs(metric);
  }

  @Test
  void worseningGoesByTheDirection() {
    assertThat(BuiltInMetric.SSIM.worsening(0.9, 0.7)).isCloseTo(0.2, within(1e-12));
    assertThat(BuiltInMetric.MSE.worsening(0, 0.3)).isEqualTo(0.3);
    assertThat(BuiltInMetric.FLOW_SCORE.worsening(2, 1.5)).isEqualTo(0.5);
    assertThat(BuiltInMetric.FLOW_SCORE.worsening(2, 2.5)).isEqualTo(0.5);
  }

  @Test
  void unknownNamesAreAnsweredWithTheKnownOnes() {
    assertThatThrownBy(() -> ClipMetrics.find("lpips"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("lpips")
        .hasMessageContaining("gradient-similarity");
    assertThatThrownBy(
            () -> new JudgedClip(Tensor.full(0, 2, 2), Optional.empty(), Optional.empty()))
        .isInstanceOf(ShapeException.class);
  }

  @Test
  void scalingKeepsWhatIsConstantAndHalvesByMeans() {
    Tensor frame = Tensor.of(new float[] {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3}, 1, 2, 2, 3);
    FrameScaling one = new FrameScaling(frame, 0, 1, 1);
    assertThat(one.value(0, 0, 1)).isEqualTo(1.5);
    FrameScaling same = new FrameScaling(frame, 0, 2, 2);
    assertThat(same.value(1, 0, 2)).isEqualTo(2);
    FrameScaling larger = new FrameScaling(Tensor.full(0.4f, 1, 3, 5, 3), 0, 7, 11);
    assertThat(larger.value(6, 10, 0)).isCloseTo(0.4, within(1e-7));
    // A ramp keeps its slope between the middles of its pixels.
    FrameScaling ramp =
        new FrameScaling(Tensor.of(new float[] {0, 0, 0, 1, 1, 1}, 1, 1, 2, 3), 0, 1, 4);
    assertThat(ramp.value(0, 0, 0)).isZero();
    assertThat(ramp.value(0, 1, 0)).isEqualTo(0.25);
    assertThat(ramp.value(0, 2, 0)).isEqualTo(0.75);
    assertThat(ramp.value(0, 3, 0)).isEqualTo(1);
  }

  private static Tensor clip(int frames, double deviation) {
    Random random = new Random(4);
    float[] values = new float[frames * 64 * 64 * 3];
    for (int i = 0; i < values.length; i++) {
      int x = i / 3 % 64;
      int y = i / 192 % 64;
      int t = i / 12288;
      values[i] =
          (float)
              (0.5
                  + 0.15 * Math.sin(0.45 * (x - t) + 0.2 * y)
                  + 0.15 * Math.sin(0.5 * y - 0.15 * (x - t))
                  + 0.1 * Math.sin(0.21 * (x - t)) * Math.sin(0.26 * y)
                  + deviation * random.nextGaussian());
    }
    return Tensor.of(values, frames, 64, 64, 3);
  }
}
