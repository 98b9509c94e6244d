package org.viditq.bench.roofline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Precision;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Operations and bytes of known layers, exactly. */
class OperatorWorkTest {
  private static final long ROWS = 6;
  private static final int IN = 4;
  private static final int OUT = 3;

  /** x [6, 4] and the weight [3, 4], products and sums. */
  private static final long PRODUCT = 2 * ROWS * IN * OUT;

  private static final Work INPUT = OperatorWork.plain(ROWS * IN);

  private static Work linear(Precision dense, double timestep, LinearParameters layer) {
    return new OperatorWork(dense, timestep).linear(ROWS, INPUT, layer, Work.NONE);
  }

  @Test
  void fullPrecisionReadsWeightsAsTheyAreHeld() {
    long others = 4 * (ROWS * IN + OUT + ROWS * OUT); // input, bias, result
    assertThat(linear(Precision.FP32, 0, Layers.dense("dense", IN, OUT)))
        .isEqualTo(new Work(0, 0, PRODUCT + ROWS * OUT, others + 4 * IN * OUT));
    assertThat(linear(Precision.BF16, 0, Layers.dense("dense", IN, OUT)))
        .isEqualTo(new Work(0, PRODUCT, ROWS * OUT, others + 2 * IN * OUT));
  }

  @ParameterizedTest
  @CsvSource({"8,12", "6,12", "4,6"})
  void quantizedLayersMultiplyIntegers(int bits, int weightBytes) {
    // Five operations per input, four and the bias per result.
    Work expected =
        new Work(
            PRODUCT,
            0,
            5 * ROWS * IN + 5 * ROWS * OUT,
            4 * (ROWS * IN + OUT + ROWS * OUT) + weightBytes);
    assertThat(linear(Precision.FP32, 0, Layers.quantized("layer", IN, OUT, bits)))
        .isEqualTo(expected);
  }

  @Test
  void layersThatShareCodesReadAndQuantizeTheirInputOnce() {
    LinearParameters layer = Layers.quantized("layer", IN, OUT, 8);
    Work one = new OperatorWork(Precision.FP32, 0).linears(ROWS, INPUT, List.of(layer));
    Work three =
        new OperatorWork(Precision.FP32, 0).linears(ROWS, INPUT, List.of(layer, layer, layer));
    assertThat(three.int8()).isEqualTo(3 * one.int8());
    assertThat(3 * one.fp32() - three.fp32()).isEqualTo(2 * 5 * ROWS * IN);
    assertThat(3 * one.bytes() - three.bytes()).isEqualTo(2 * 4 * ROWS * IN);
  }

  @Test
  void epiloguesAddWhatTheyRead() {
    OperatorWork work = new OperatorWork(Precision.FP32, 0);
    long results = ROWS * OUT;
    assertThat(work.epilogue(results, Activation.NONE, Optional.empty(), false))
        .isEqualTo(Work.NONE);
    assertThat(work.epilogue(results, Activation.GELU_TANH, Optional.of(2L * OUT), true))
        .isEqualTo(new Work(0, 0, (9 + 1 + 1) * results, 4 * (2 * OUT + results)));
  }

  @Test
  void hiddenValuesOfAFeedForwardAreNotMoved() {
    LinearParameters up = Layers.quantized("up", IN, 8, 8);
    LinearParameters down = Layers.quantized("down", 8, OUT, 8);
    OperatorWork work = new OperatorWork(Precision.FP32, 0);
    Work apart =
        work.linear(
                ROWS, INPUT, up, work.epilogue(ROWS * 8, Activation.SILU, Optional.empty(), false))
            .plus(work.linear(ROWS, OperatorWork.plain(ROWS * 8), down, Work.NONE));
    Work together = work.feedForward(ROWS, INPUT, up, Activation.SILU, down, Work.NONE);
    assertThat(together)
        .isEqualTo(new Work(apart.int8(), 0, apart.fp32(), apart.bytes() - 2 * 4 * ROWS * 8));
  }

  @ParameterizedTest
  @CsvSource({"FP32,5", "BF16,6", "INT8,6"})
  void attentionIsTwoProductsAndSoftmax(AttentionPrecision precision, long perScore) {
    Shape q = Shape.of(2, 5, 12);
    Shape k = Shape.of(2, 7, 12);
    Shape v = Shape.of(2, 7, 6);
    long scores = 3 * 2 * 5 * 7;
    long products = 2 * scores * (4 + 2); // channels of a head of q and of v
    long pointwise = perScore * scores + 2 * 5 * 6;
    long bytes = 4 * (q.size() + k.size() + v.size() + 2 * 5 * 6);
    assertThat(OperatorWork.attention(q, k, v, 3, scores, 0, precision))
        .isEqualTo(
            Work.products(Numbers.of(precision), products).plus(new Work(0, 0, pointwise, bytes)));
    assertThat(OperatorWork.attention(q, k, v, 3, scores, 14, precision))
        .isEqualTo(
            Work.products(Numbers.of(precision), products)
                .plus(new Work(0, 0, pointwise + scores, bytes + 4 * 14)));
  }

  @Test
  void normsReadAndWriteOnce() {
    assertThat(OperatorWork.modulated(24, 4, 4)).isEqualTo(new Work(0, 0, 7 * 24, 4 * 32));
    assertThat(OperatorWork.norm(24, 0)).isEqualTo(new Work(0, 0, 5 * 24, 4 * 48));
    assertThat(OperatorWork.norm(24, 8)).isEqualTo(new Work(0, 0, 7 * 24, 4 * 56));
  }

  @Test
  void convolutionsMultiplyTheKernelAtEveryResult() {
    ConvolutionParameters layer =
        new ConvolutionParameters(
            "patch",
            MemoryTensor.of("weight", Tensor.zeros(5, 3, 2, 2)),
            Optional.of(Tensor.zeros(5)),
            new int[] {2, 2},
            new int[] {0, 0},
            new int[] {0, 0});
    long results = 5 * 4 * 4;
    assertThat(OperatorWork.convolution(layer, 3 * 8 * 8, results))
        .isEqualTo(
            new Work(0, 0, 2 * results * 12 + results, 4 * (3 * 8 * 8 + 5 * 12 + results + 5)));
  }
}
