package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.hunyuan.HunyuanFamily;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;

/** Working memory of a transformer whose first half is kept for its second: HunyuanDiT. */
class SkipMemoryTest {
  private static final int BATCH = 2;
  private static final int CHANNELS = 128;

  /**
   * For each block that is skipped from its result; beside them quantized: a block's input, q, k
   * and v, what self attention gives, codes of a quarter of the input, and gaps between values that
   * stay. In full precision the four times wider hidden values of the feed-forward layer instead.
   */
  @ParameterizedTest
  @CsvSource({
    "true, 2, 64, 6.5",
    "true, 6, 64, 8.5",
    "true, 6, 96, 8.5",
    "true, 10, 64, 10.5",
    "false, 2, 64, 8",
    "false, 6, 64, 10"
  })
  void evaluationsTakeTheMemoryOfSkipsAndTheLargestPart(
      boolean quantized, int layers, int side, double sizes) {
    long hidden = (long) BATCH * side / 2 * side / 2 * CHANNELS * Float.BYTES;
    DenoiserModel model = model(layers);
    long before = NativeLibrary.allocatedBytes();
    try (NativeOperators operators = new NativeOperators(1, InstructionSet.choose());
        ModelDenoiser<NativeTensor> denoiser =
            new ModelDenoiser<>(
                model, RandomParameters.of(model, quantized), operators, () -> {})) {
      long constants = operators.activationBytes();
      DenoiserInput input =
          DenoiserInput.of(
              RandomParameters.random("latents", BATCH, 4, side, side),
              500,
              Map.of(
                  InputNames.TEXT, RandomParameters.random("text", BATCH, 4, 32),
                  InputNames.MASK, Tensor.full(1, BATCH, 4),
                  InputNames.TEXT_2, RandomParameters.random("text 2", BATCH, 6, 16),
                  InputNames.MASK_2, Tensor.full(0, BATCH, 6)));
      float[] first = denoiser.predict(input).data();
      long bytes = operators.activationBytes();
      assertThat(bytes - constants).isLessThan((long) (sizes * hidden));
      for (int step = 0; step < 2; step++) {
        assertThat(denoiser.predict(input).data()).isEqualTo(first);
        assertThat(operators.activationBytes()).isEqualTo(bytes);
      }
    }
    assertThat(NativeLibrary.allocatedBytes()).isEqualTo(before);
  }

  private static DenoiserModel model(int layers) {
    return new HunyuanFamily()
        .model(
            JsonConfig.of(
                JsonNodeFactory.instance
                    .objectNode()
                    .put("num_attention_heads", 4)
                    .put("attention_head_dim", CHANNELS / 4)
                    .put("num_layers", layers)
                    .put("mlp_ratio", 4)
                    .put("cross_attention_dim", 32)
                    .put("cross_attention_dim_t5", 16)
                    .put("pooled_projection_dim", 16)
                    .put("text_len", 4)
                    .put("text_len_t5", 6)
                    .put("use_style_cond_and_image_meta_size", false),
                "test"),
            new MemoryCheckpoint("nothing", List.of()));
  }
}
