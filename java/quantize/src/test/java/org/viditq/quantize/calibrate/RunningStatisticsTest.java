package org.viditq.quantize.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.ActivationSettings;

class RunningStatisticsTest {
  @Test
  void inputStatisticsFollowTheDefinition() {
    // Two samples of two tokens of three channels.
    Tensor x = Tensor.of(new float[] {1, -2, 0, -4, 1, 0, 3, 3, 0, 5, -9, 0}, 2, 2, 3);
    InputStatistics statistics = InputStatistics.of("layer", x);
    // Mean over samples of the maximum over tokens.
    assertThat(statistics.channelMax()).containsExactly(4.5f, 5.5f, 0f);
    assertThat(statistics.tokenMin()).containsExactly(-2f, -9f);
    assertThat(statistics.tokenMax()).containsExactly(3f, 5f);
  }

  @Test
  void aMatrixIsABatchOfOneTokenEach() {
    Tensor x = Tensor.of(new float[] {1, -2, 3, 4}, 2, 2);
    assertThat(InputStatistics.of("layer", x).channelMax()).containsExactly(2f, 3f);
  }

  /** Statistics of channels are those of sequences; token indices are those in the sample. */
  @Test
  void samplesMayConsistOfSequences() {
    Tensor x = Tensor.of(new float[] {1, -2, 0, -4, 1, 0, 3, 3, 0, 5, -9, 0}, 1, 4, 3);
    InputStatistics statistics = InputStatistics.of("layer", x, 2);
    assertThat(statistics.channelMax()).containsExactly(4.5f, 5.5f, 0f);
    assertThat(statistics.tokenMin()).containsExactly(-2f, -4f, 0f, -9f);
    assertThat(statistics.tokenMax()).containsExactly(1f, 1f, 3f, 5f);
    assertThat(InputStatistics.of("layer", x, 4).channelMax()).containsExactly(3.25f, 3.75f, 0f);
    assertThatThrownBy(() -> InputStatistics.of("blocks.3.attn.q", x, 3))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("blocks.3.attn.q")
        .hasMessageContaining("3 sequences");
  }

  @Test
  void namesTheLayerWhoseInputIsNotFinite() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      Tensor x = Tensor.of(new float[] {1, bad}, 1, 2);
      assertThatThrownBy(() -> InputStatistics.of("blocks.3.fc1", x))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("blocks.3.fc1");
    }
  }

  @Test
  void channelScaleMixesLaterBatchesIn() {
    ChannelScale scale = new ChannelScale(0.95);
    assertThat(scale.isEmpty()).isTrue();
    scale.update(new float[] {0, 0});
    scale.update(new float[] {1, 0}); // all zero so far counts as not set
    assertThat(scale.values()).containsExactly(1f, 0f);
    scale.update(new float[] {2, 4});
    assertThat(scale.values()).containsExactly(0.95f * 1f + 0.05f * 2f, 0.95f * 0f + 0.05f * 4f);
  }

  @Test
  void rangeOfTheLastBatchDecidesWithoutRunningStat() {
    RunningRange range = range(false);
    range.update(new float[] {-8}, new float[] {2});
    range.update(new float[] {1}, new float[] {255}); // clipped through zero
    assertThat(range.grid(IntegerFormat.asymmetric(8), SmallScaleRule.PER_GROUP).scale())
        .containsExactly(1f);
  }

  @Test
  void rangesMixWithRunningStat() {
    RunningRange range = range(true);
    range.update(new float[] {-1}, new float[] {1});
    range.update(new float[] {-2}, new float[] {5});
    float lo = 0.95f * -1f + 0.05f * -2f;
    float hi = 0.95f * 1f + 0.05f * 5f;
    assertThat(range.grid(IntegerFormat.asymmetric(8), SmallScaleRule.PER_GROUP).scale())
        .containsExactly((hi - lo) / 255);
  }

  @Test
  void perTokenRangesNeedAConstantNumberOfTokens() {
    RunningRange range = range(true);
    range.update(new float[2], new float[2]);
    assertThatThrownBy(() -> range.update(new float[3], new float[3]))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("dynamic_token");
  }

  @Test
  void rangesFollowTheModeThatTheyAreFor() {
    InputStatistics batch =
        InputStatistics.of("layer", Tensor.of(new float[] {-1, 2, -3, 4}, 1, 2, 2));
    RunningRange whole = new RunningRange(settings(ActivationMode.STATIC_TENSOR, false));
    RunningRange perToken = new RunningRange(settings(ActivationMode.STATIC_TOKEN, false));
    whole.update(batch);
    perToken.update(batch);

    assertThat(whole.lo()).containsExactly(-3);
    assertThat(whole.hi()).containsExactly(4);
    assertThat(perToken.lo()).containsExactly(-1, -3);
    assertThat(perToken.hi()).containsExactly(2, 4);
    IntegerFormat format = IntegerFormat.asymmetric(8);
    assertThat(whole.quantization(format, SmallScaleRule.PER_GROUP))
        .isInstanceOf(StaticTensor.class);
    assertThat(perToken.quantization(format, SmallScaleRule.PER_GROUP))
        .isInstanceOf(StaticToken.class);
    assertThatThrownBy(() -> new RunningRange(settings(ActivationMode.DYNAMIC_TOKEN, false)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static RunningRange range(boolean runningStat) {
    return new RunningRange(settings(ActivationMode.STATIC_TENSOR, runningStat));
  }

  private static ActivationSettings settings(ActivationMode mode, boolean runningStat) {
    return new ActivationSettings(mode, IntegerFormat.asymmetric(8), runningStat, 0.95);
  }
}
