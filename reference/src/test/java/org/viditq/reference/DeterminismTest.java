package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.viditq.reference.TestData.dense;
import static org.viditq.reference.TestData.normal;
import static org.viditq.reference.TestData.quantize;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;

/** Every operator that computes in parallel gives the same bits for every number of threads. */
class DeterminismTest {
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void threadsDoNotShow(int threads) {
    assertThat(results(threads)).isEqualTo(results(1));
  }

  @Test
  void runsRepeat() {
    assertThat(results(3)).isEqualTo(results(3));
  }

  private static List<List<Integer>> results(int threads) {
    List<Tensor> results = new ArrayList<>();
    try (ReferenceOperators operators = new ReferenceOperators(threads, 1 << 20)) {
      Tensor x = normal(1, 2, 131, 40);
      Tensor perSample = normal(2, 2, 1, 40);
      Tensor image = normal(3, 2, 8, 13, 11);
      Tensor channels = normal(4, 8);
      WeightSet set =
          new WeightSet(
              TimestepRange.ALL,
              quantize(normal(5, 40, 40), IntegerFormat.asymmetric(4)),
              Optional.empty(),
              new DynamicToken(IntegerFormat.asymmetric(8)));
      results.add(
          operators.linear(
              x,
              operators.prepare(dense("fc", normal(6, 40, 40), Optional.empty())),
              new Epilogue<>(Activation.GELU_TANH, Optional.of(perSample), Optional.of(x))));
      results.add(
          operators.linear(
              x,
              operators.prepare(
                  new QuantizedLinearParameters("q", List.of(set), Optional.empty()))));
      results.add(
          operators.convolution(
              image,
              operators.prepare(
                  new ConvolutionParameters(
                      "conv",
                      MemoryTensor.of("conv.weight", normal(7, 5, 8, 3, 3)),
                      Optional.empty(),
                      new int[] {1, 1},
                      new int[] {1, 1},
                      new int[] {1, 1}))));
      results.add(operators.attention(x, x, x, 4, 0.3f, Optional.empty()));
      results.add(operators.layerNorm(x, Optional.empty(), Optional.empty(), 1e-6f));
      results.add(operators.layerNormModulate(x, perSample, perSample, 1e-6f));
      results.add(operators.rmsNorm(x, normal(8, 40), 1e-6f));
      results.add(operators.groupNorm(image, channels, channels, 4, 1e-6f));
      results.add(operators.activate(x, Activation.SILU));
    }
    return results.stream().map(DeterminismTest::bits).toList();
  }

  private static List<Integer> bits(Tensor tensor) {
    List<Integer> bits = new ArrayList<>(tensor.size());
    for (float value : tensor.data()) {
      bits.add(Float.floatToRawIntBits(value));
    }
    return bits;
  }
}
