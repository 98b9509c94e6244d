package org.viditq.tests.fullsize;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.bench.model.FullSizeModel;
import org.viditq.bench.model.RandomWeights;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeLibrary;
import org.viditq.cpp.NativeOperators;
import org.viditq.cpp.NativeTensor;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;

/**
 * The largest models of the families load natively in W8A8 and take a step, with random weights
 * that are nowhere stored: one as a whole, the others in their full width with four blocks, so that
 * there are blocks of every kind, in space and in time and on both sides of a long skip. All blocks
 * of a kind are made by the same code in the same shapes, and drawing their weights takes the time.
 * All models are whole with {@code -Dviditq.test.all.blocks=true}, for docs/performance.md.
 */
@Tag("slow")
class FullSizeDenoiserTest {
  /** Weights take a byte, or four where they stay in full precision, and something for grids. */
  private static final double OVERHEAD = 1.1;

  private static final long LARGEST = 24_000_000_000L;

  private static final String WHOLE = "dit-xl-2";
  private static final boolean ALL_BLOCKS = Boolean.getBoolean("viditq.test.all.blocks");
  private static final int BLOCKS = 4;

  static List<String> models() {
    return FullSizeModel.NAMES;
  }

  @Test
  void everyFamilyIsAmongThem() {
    assertThat(models().stream().map(name -> FullSizeModel.named(name).model().family()))
        .containsExactlyInAnyOrderElementsOf(
            DenoiserFamilies.all().stream().map(DenoiserFamily::name).toList());
  }

  @ParameterizedTest
  @MethodSource("models")
  void oneStepInW8A8(String name) {
    FullSizeModel published = FullSizeModel.named(name);
    FullSizeModel full =
        ALL_BLOCKS || name.equals(WHOLE) ? published : published.withBlocks(BLOCKS);
    DenoiserModel model = full.model();
    long before = NativeLibrary.allocatedBytes();
    long start = System.nanoTime();
    try (Checkpoint weights = RandomWeights.of(model);
        NativeOperators operators = new NativeOperators(2, InstructionSet.choose())) {
      QuantizedLayers layers =
          new Quantizer(BuiltInPlans.get("w8a8"))
              .quantize(model, weights, Optional.empty(), Quantizer.Progress.NONE);
      try (ModelDenoiser<NativeTensor> denoiser =
          new ModelDenoiser<>(
              model, layers.over(new CheckpointParameters(weights)), operators, () -> {})) {
        long loaded = NativeLibrary.allocatedBytes() - before;
        double loading = (System.nanoTime() - start) * 1e-9;
        DenoiserInput input = full.input();
        long step = System.nanoTime();
        Tensor prediction = denoiser.predict(input);
        System.out.printf(
            "%s: %.2f G weights, %.2f GB native, %.0f s to draw and pack; a step %.1f s, %.2f GB%n",
            name,
            parameters(weights) * 1e-9,
            loaded * 1e-9,
            loading,
            (System.nanoTime() - step) * 1e-9,
            (NativeLibrary.allocatedBytes() - before) * 1e-9);
        assertThat(prediction.isFinite()).isTrue();
        assertThat(prediction.dim(1)).isEqualTo(model.latents().outputChannels());
        assertThat((double) loaded).isLessThan(OVERHEAD * expectedBytes(model, weights));
        assertThat(NativeLibrary.allocatedBytes() - before).isLessThan(LARGEST);
      }
    }
    assertThat(NativeLibrary.allocatedBytes()).isEqualTo(before);
  }

  private static double expectedBytes(DenoiserModel model, Checkpoint weights) {
    long quantized =
        model.linearLayers().stream()
            .filter(LinearLayer::quantizedByDefault)
            .mapToLong(LinearLayer::weights)
            .sum();
    return quantized + (double) Float.BYTES * (parameters(weights) - quantized);
  }

  private static long parameters(Checkpoint weights) {
    return weights.names().stream().mapToLong(name -> weights.get(name).shape().size()).sum();
  }
}
