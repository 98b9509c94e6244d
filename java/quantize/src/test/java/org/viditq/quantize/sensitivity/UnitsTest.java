package org.viditq.quantize.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.clip.BuiltInMetric;

class UnitsTest {
  private static final List<LinearLayer> LAYERS =
      List.of(
          layer("blocks.0.attn.q", LinearLayer.Type.SELF_ATTENTION),
          layer("blocks.0.mlp.fc1", LinearLayer.Type.FEED_FORWARD),
          layer("blocks.0.attn.k", LinearLayer.Type.SELF_ATTENTION),
          layer("blocks.10.attn.q", LinearLayer.Type.SELF_ATTENTION),
          layer("proj_out", LinearLayer.Type.OUTPUT));

  private static LinearLayer layer(String name, LinearLayer.Type type) {
    return LinearLayer.inBlock(name, type, 4, 4);
  }

  @Test
  void everyGroupingHasEveryLayerOnce() {
    for (UnitGrouping grouping : UnitGrouping.values()) {
      Map<String, List<LinearLayer>> units = grouping.group(LAYERS);
      List<LinearLayer> all = new ArrayList<>();
      units.values().forEach(all::addAll);
      assertThat(all).containsExactlyInAnyOrderElementsOf(LAYERS);
      units
          .values()
          .forEach(unit -> assertThat(unit.stream().map(LinearLayer::type).distinct()).hasSize(1));
    }
    assertThat(UnitGrouping.LAYER.group(LAYERS)).hasSize(5);
    assertThat(UnitGrouping.BLOCK.group(LAYERS).keySet())
        .containsExactly(
            "blocks.0 self attention",
            "blocks.0 feed forward",
            "blocks.10 self attention",
            "outside of blocks output");
    assertThat(UnitGrouping.TYPE.group(LAYERS).keySet())
        .containsExactly("self attention", "feed forward", "output");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 50})
  void rangesTileTheSchedule(int count) {
    List<TimestepRange> ranges = EqualRanges.of(count);
    assertThat(ranges).hasSize(count);
    assertThat(ranges.get(0).start()).isZero();
    assertThat(ranges.get(count - 1).end()).isEqualTo(TimestepRange.ALL.end());
    for (int i = 1; i < count; i++) {
      assertThat(ranges.get(i).start()).isEqualTo(ranges.get(i - 1).end());
    }
  }

  @Test
  void typesHaveTheMetricsOfThePaper() {
    MetricByType metrics =
        new MetricByType(
            BuiltInMetric.SCENE_ALIGNMENT, BuiltInMetric.SSIM, BuiltInMetric.WARPING_ERROR);
    assertThat(metrics.of(LinearLayer.Type.CROSS_ATTENTION))
        .isEqualTo(BuiltInMetric.SCENE_ALIGNMENT);
    assertThat(metrics.of(LinearLayer.Type.TEMPORAL_ATTENTION))
        .isEqualTo(BuiltInMetric.WARPING_ERROR);
    assertThat(metrics.of(LinearLayer.Type.SELF_ATTENTION)).isEqualTo(BuiltInMetric.SSIM);
    assertThat(metrics.of(LinearLayer.Type.FEED_FORWARD)).isEqualTo(BuiltInMetric.SSIM);
    assertThat(metrics.all(List.of(LinearLayer.Type.FEED_FORWARD, LinearLayer.Type.SKIP)))
        .containsExactly(BuiltInMetric.MSE, BuiltInMetric.SSIM);
  }

  /** Full precision is asked only where neither the range nor the reference has an answer. */
  @Test
  void aRangedDenoiserIsQuantizedInItsRangeAlone() {
    List<String> asked = new ArrayList<>();
    Denoiser full = constant(1, "full", asked);
    Denoiser quantized = constant(2, "quantized", asked);
    ReferenceTrajectory reference = new ReferenceTrajectory();
    Denoiser recording = reference.recording(full);
    recording.predict(input(0, 900));
    recording.predict(input(1, 600));
    recording.predict(input(2, 100));
    reference.finish(Tensor.full(0, 1, 1));
    asked.clear();

    Denoiser ranged = new RangedDenoiser(quantized, full, EqualRanges.of(2).get(1), reference);
    // Both above 500 are quantized; what comes then differs from the reference.
    assertThat(ranged.predict(input(0, 900)).data()[0]).isEqualTo(2);
    assertThat(ranged.predict(input(5, 600)).data()[0]).isEqualTo(2);
    assertThat(ranged.predict(input(6, 100)).data()[0]).isEqualTo(1);
    assertThat(asked).containsExactly("quantized", "quantized", "full");

    asked.clear();
    ranged = new RangedDenoiser(quantized, full, EqualRanges.of(2).get(0), reference);
    assertThat(ranged.predict(input(0, 900)).data()[0]).isEqualTo(1);
    assertThat(ranged.predict(input(1, 600)).data()[0]).isEqualTo(1);
    assertThat(ranged.predict(input(2, 100)).data()[0]).isEqualTo(2);
    assertThat(asked).containsExactly("quantized");
    assertThat(ReferenceTrajectory.of(reference.part()).orElseThrow().find(1, input(1, 600)))
        .isPresent();
    assertThat(ReferenceTrajectory.of(reference.part()).orElseThrow().find(1, input(0, 600)))
        .isEmpty();
  }

  private static DenoiserInput input(float latent, double timestep) {
    return DenoiserInput.of(Tensor.full(latent, 1, 1, 2, 2), timestep, Map.of());
  }

  private static Denoiser constant(float value, String name, List<String> asked) {
    return new Denoiser() {
      @Override
      public DenoiserModel model() {
        throw new UnsupportedOperationException();
      }

      @Override
      public Tensor predict(DenoiserInput input) {
        asked.add(name);
        return Tensor.full(value, 1, 1, 2, 2);
      }

      @Override
      public void close() {}
    };
  }
}
