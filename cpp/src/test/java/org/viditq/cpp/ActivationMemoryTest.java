package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.LatentGeometry.Patch;
import org.viditq.core.model.dit.DitConfig;
import org.viditq.core.model.dit.DitLayout;
import org.viditq.core.model.dit.DitModel;
import org.viditq.core.model.latte.LatteConfig;
import org.viditq.core.model.latte.LatteLayout;
import org.viditq.core.model.latte.LatteModel;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.model.pixart.PixArtLayout;
import org.viditq.core.model.pixart.PixArtModel;
import org.viditq.core.model.stdit.StditConfig;
import org.viditq.core.model.stdit.StditModel;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;

/** Working memory of a whole transformer, in sizes of the hidden tokens [B, N, C]. */
class ActivationMemoryTest {
  private static final int BATCH = 2;
  private static final int SIDE = 64;
  private static final int TOKENS = SIDE / 2 * SIDE / 2;
  private static final int HEADS = 4;
  private static final int CHANNELS = 128;
  private static final long HIDDEN = (long) BATCH * TOKENS * CHANNELS * Float.BYTES;

  /**
   * Quantized: the block's input and what self attention gives, each of the batch; q, k and v of
   * one sample; and codes of a quarter of the input. In full precision q, k and v of the batch
   * instead, or the four times wider hidden values of the feed-forward layer.
   */
  @ParameterizedTest
  @CsvSource({"true, 1, 4.5", "true, 6, 4.5", "false, 1, 7.5", "false, 3, 7.5"})
  void evaluationsTakeTheMemoryOfTheirLargestPart(boolean quantized, int layers, double sizes) {
    PixArtConfig config =
        new PixArtConfig(
            PixArtLayout.DIFFUSERS,
            HEADS,
            CHANNELS / HEADS,
            4,
            8,
            layers,
            true,
            SIDE,
            2,
            1e-6f,
            1,
            false,
            OptionalInt.of(256),
            4 * CHANNELS,
            OptionalInt.empty(),
            Map.of());
    requireMemory(
        new PixArtModel(config), quantized, new int[] {BATCH, 4, SIDE, SIDE}, sizes, sizes);
  }

  /**
   * Four frames of a quarter of the size. Quantized: a part's input, its result, what attention
   * gives, codes of a quarter of the input, and in the first block positions in time. From the
   * second evaluation on, the gaps between values that are cut from larger ones.
   */
  @ParameterizedTest
  @CsvSource({"true, true, 1", "true, false, 1", "true, true, 4"})
  void clipsTakeTheMemoryOfTheirLargestPart(boolean quantized, boolean fused, int layers) {
    int frames = 4;
    int side = SIDE / 2;
    StditConfig config =
        new StditConfig(
            4,
            8,
            new Patch(1, 2, 2),
            CHANNELS,
            layers,
            HEADS,
            4 * CHANNELS,
            256,
            12,
            frames,
            side,
            side,
            1,
            1,
            fused);
    requireMemory(
        new StditModel(config), quantized, new int[] {BATCH, 4, frames, side, side}, 4.8, 5);
  }

  /**
   * As many tokens in frames: grouping them anew for temporal attention takes no more. In full
   * precision two sizes lie idle, where a block's input was cut from the gap of the widest values.
   */
  @ParameterizedTest
  @CsvSource({"true, 1, 4.5", "true, 6, 4.5", "false, 1, 9.5", "false, 4, 9.5"})
  void evaluationsOfFramesTakeTheMemoryOfTheirLargestPart(
      boolean quantized, int layers, double sizes) {
    int frames = 16;
    LatteConfig config =
        new LatteConfig(
            LatteLayout.TEXT_TO_VIDEO,
            HEADS,
            CHANNELS / HEADS,
            4,
            8,
            layers,
            true,
            SIDE,
            2,
            1e-6f,
            1,
            OptionalInt.of(256),
            0,
            frames,
            4 * CHANNELS,
            true);
    requireMemory(
        new LatteModel(config),
        quantized,
        sizes,
        sizes,
        DenoiserInput.of(
            RandomParameters.random("input", BATCH, 4, frames, SIDE / 4, SIDE / 4),
            500,
            Map.of(
                InputNames.TEXT, RandomParameters.random("input", BATCH, 12, 256),
                InputNames.MASK, Tensor.full(1, BATCH, 12))));
  }

  /** As clips; a condition per block is little beside the tokens. */
  @ParameterizedTest
  @CsvSource({"true, 1, 4.5", "true, 6, 4.5", "false, 2, 9.5", "false, 6, 9.5"})
  void evaluationsOfClassesTakeTheMemoryOfTheirLargestPart(
      boolean quantized, int layers, double sizes) {
    DitConfig config =
        new DitConfig(
            DitLayout.DIFFUSERS,
            HEADS,
            CHANNELS / HEADS,
            4,
            8,
            layers,
            true,
            SIDE,
            2,
            1e-6f,
            10,
            4 * CHANNELS);
    requireMemory(
        new DitModel(config),
        quantized,
        sizes,
        sizes,
        DenoiserInput.of(
            RandomParameters.random("input", BATCH, 4, SIDE, SIDE),
            500,
            Map.of(InputNames.LABELS, Tensor.full(3, BATCH))));
  }

  /** A picture of nine tiles takes the working memory of one. */
  @Test
  void tilesTakeTheMemoryOfOne() {
    AutoencoderKlConfig config =
        new AutoencoderKlConfig(
            3, 3, 4, List.of(32, 32, 64), 1, 8, true, true, true, 0.18215, 64, false);
    try (NativeOperators operators = new NativeOperators(1, InstructionSet.choose())) {
      AutoencoderKl<NativeTensor> autoencoder =
          new AutoencoderKl<>(config, new RandomParameters("", Set.of()), operators);
      long constants = operators.activationBytes();
      autoencoder.decodeTiled(
          RandomParameters.random("input", 1, 4, 16, 16), 1, autoencoder.tiling());
      long oneTile = operators.activationBytes();
      Tensor picture =
          autoencoder.decodeTiled(
              RandomParameters.random("input", 1, 4, 40, 40), 1, autoencoder.tiling());
      assertThat(picture.shape().toArray()).containsExactly(1, 3, 160, 160);
      assertThat(operators.activationBytes()).isEqualTo(oneTile);
      // 64 x 64 pixels of 32 channels: a residual block's input and a few values of it.
      assertThat(oneTile - constants).isLessThanOrEqualTo(6L * 64 * 64 * 32 * Float.BYTES);
    }
  }

  private static void requireMemory(
      DenoiserModel model, boolean quantized, int[] latents, double first, double later) {
    requireMemory(
        model,
        quantized,
        first,
        later,
        DenoiserInput.of(
            RandomParameters.random("input", latents),
            500,
            Map.of(
                InputNames.TEXT, RandomParameters.random("input", BATCH, 12, 256),
                InputNames.MASK, Tensor.full(1, BATCH, 12))));
  }

  /**
   * @param first sizes that the first evaluation takes at most
   * @param later sizes that later ones take at most
   */
  private static void requireMemory(
      DenoiserModel model, boolean quantized, double first, double later, DenoiserInput input) {
    long before = NativeLibrary.allocatedBytes();
    try (NativeOperators operators = new NativeOperators(1, InstructionSet.choose());
        ModelDenoiser<NativeTensor> denoiser =
            new ModelDenoiser<>(
                model, RandomParameters.of(model, quantized), operators, () -> {})) {
      long constants = operators.activationBytes();
      float[] result = denoiser.predict(input).data();
      assertThat(operators.activationBytes() - constants).isLessThan((long) (first * HIDDEN));
      if (later > first) {
        assertThat(denoiser.predict(input).data()).isEqualTo(result);
      }
      long bytes = operators.activationBytes();
      assertThat(bytes - constants).isLessThan((long) (later * HIDDEN));
      for (int step = 0; step < 2; step++) {
        assertThat(denoiser.predict(input).data()).isEqualTo(result);
        assertThat(operators.activationBytes()).isEqualTo(bytes);
      }
    }
    assertThat(NativeLibrary.allocatedBytes()).isEqualTo(before);
  }
}
