package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.viditq.reference.TestData.normal;
import static org.viditq.reference.TestData.vector;

import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.tensor.Tensor;

class ConvolutionTest {
  private final ReferenceOperators operators = new ReferenceOperators(2, 1 << 20);

  @AfterEach
  void close() {
    operators.close();
  }

  private static int[] ints(int... values) {
    return values;
  }

  /** spatial, kernel, stride, pad before, pad after. */
  static Stream<Arguments> geometries() {
    return Stream.of(
        Arguments.of(ints(7), ints(3), ints(1), ints(1), ints(1)),
        Arguments.of(ints(9), ints(4), ints(3), ints(0), ints(2)),
        Arguments.of(ints(1, 1), ints(1, 1), ints(1, 1), ints(0, 0), ints(0, 0)),
        Arguments.of(ints(6, 9), ints(3, 3), ints(1, 1), ints(1, 1), ints(1, 1)),
        Arguments.of(ints(6, 8), ints(3, 3), ints(2, 2), ints(0, 0), ints(1, 1)),
        Arguments.of(ints(5, 7), ints(3, 2), ints(1, 2), ints(2, 0), ints(0, 1)),
        Arguments.of(ints(3, 4, 5), ints(3, 1, 1), ints(1, 1, 1), ints(1, 0, 0), ints(1, 0, 0)),
        Arguments.of(ints(3, 5, 4), ints(2, 3, 2), ints(2, 1, 1), ints(1, 1, 0), ints(0, 1, 1)));
  }

  @ParameterizedTest
  @MethodSource("geometries")
  void agreesWithPlainLoops(int[] spatial, int[] kernel, int[] stride, int[] before, int[] after) {
    int in = 3;
    int out = 5;
    Tensor x = normal(1, prepend(2, in, spatial));
    Tensor w = normal(2, prepend(out, in, kernel));
    Tensor bias = normal(3, out);
    Tensor y = operators.convolution(x, prepare(w, Optional.of(bias), stride, before, after));
    int positions = 1;
    for (int i = 0; i < spatial.length; i++) {
      int extent = (spatial[i] + before[i] + after[i] - kernel[i]) / stride[i] + 1;
      assertThat(y.dim(2 + i)).isEqualTo(extent);
      positions *= extent;
    }
    for (int i = 0; i < y.size(); i++) {
      int b = i / (out * positions);
      int o = i / positions % out;
      int[] at = unravel(i % positions, y.shape().toArray(), 2);
      double expected = bias.data()[o];
      int kernelSize = w.size() / (out * in);
      for (int c = 0; c < in; c++) {
        for (int k = 0; k < kernelSize; k++) {
          int[] tap = unravel(k, w.shape().toArray(), 2);
          int index = b * in + c;
          boolean inside = true;
          for (int a = 0; a < spatial.length; a++) {
            int position = at[a] * stride[a] - before[a] + tap[a];
            inside &= position >= 0 && position < spatial[a];
            index = index * spatial[a] + position;
          }
          if (inside) {
            expected += (double) x.data()[index] * w.data()[(o * in + c) * kernelSize + k];
          }
        }
      }
      assertThat((double) y.data()[i]).isCloseTo(expected, within(1e-5));
    }
  }

  @Test
  void patchesComeInRowOrder() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 1, 1, 2, 4);
    Tensor w = Tensor.of(new float[] {1, 0, 0, 0, 0, 0, 0, 1}, 2, 1, 2, 2);
    Tensor tokens =
        operators.patchEmbedding(
            x, prepare(w, Optional.of(vector(0, 10)), ints(2, 2), ints(0, 0), ints(0, 0)));
    assertThat(tokens.shape().toArray()).containsExactly(1, 2, 2);
    assertThat(tokens.data()).containsExactly(1, 16, 3, 18);
  }

  @Test
  void patchesArePaddedAtTheEnd() {
    Tensor x = normal(1, 2, 3, 3, 5, 7);
    Tensor w = normal(2, 4, 3, 2, 2, 2);
    Tensor tokens =
        operators.patchEmbedding(
            x, prepare(w, Optional.empty(), ints(2, 2, 2), ints(0, 0, 0), ints(0, 0, 0)));
    Tensor planes =
        operators.convolution(
            x, prepare(w, Optional.empty(), ints(2, 2, 2), ints(0, 0, 0), ints(1, 1, 1)));
    assertThat(tokens.shape().toArray()).containsExactly(2, 2 * 3 * 4, 4);
    assertThat(tokens.data())
        .isEqualTo(operators.permute(operators.reshape(planes, 2, 4, 24), 0, 2, 1).data());
  }

  @Test
  void patchesNeedStrideEqualToKernel() {
    Convolution overlapping =
        prepare(normal(1, 2, 3, 2, 2), Optional.empty(), ints(1, 2), ints(0, 0), ints(0, 0));
    assertThatThrownBy(() -> operators.patchEmbedding(normal(2, 1, 3, 4, 4), overlapping))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("patchEmbedding");
  }

  @Test
  void kernelsMustFit() {
    Convolution layer =
        prepare(normal(1, 2, 3, 5, 5), Optional.empty(), ints(1, 1), ints(1, 1), ints(0, 0));
    assertThatThrownBy(() -> operators.convolution(normal(2, 1, 3, 3, 9), layer))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[1, 3, 3, 9]");
  }

  @Test
  void refusesNonFiniteWeightsNamingTheLayer() {
    Tensor w = normal(1, 1, 1, 1, 1);
    w.data()[0] = Float.NaN;
    assertThatThrownBy(() -> prepare(w, Optional.empty(), ints(1, 1), ints(0, 0), ints(0, 0)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("layer conv");
  }

  @Test
  void refusesGeometryThatDoesNotFitTheWeight() {
    assertThatThrownBy(
            () -> prepare(normal(1, 2, 3, 3, 3), Optional.empty(), ints(1), ints(0, 0), ints(0, 0)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("conv");
    assertThatThrownBy(
            () ->
                prepare(
                    normal(1, 2, 3, 3, 3), Optional.empty(), ints(1, 0), ints(0, 0), ints(0, 0)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("conv");
  }

  private Convolution prepare(
      Tensor weight, Optional<Tensor> bias, int[] stride, int[] before, int[] after) {
    return operators.prepare(
        new ConvolutionParameters(
            "conv", MemoryTensor.of("conv.weight", weight), bias, stride, before, after));
  }

  private static int[] prepend(int first, int second, int[] rest) {
    int[] dims = new int[2 + rest.length];
    dims[0] = first;
    dims[1] = second;
    System.arraycopy(rest, 0, dims, 2, rest.length);
    return dims;
  }

  private static int[] unravel(int index, int[] dims, int from) {
    int[] at = new int[dims.length - from];
    for (int axis = dims.length - 1; axis >= from; axis--) {
      at[axis - from] = index % dims[axis];
      index /= dims[axis];
    }
    return at;
  }
}
