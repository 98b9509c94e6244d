package org.viditq.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;

/**
 * Calibrated grids that nothing can be divided by, and inputs too wide for a grid that rows share:
 * every backend refuses them in the same words.
 */
class UnusableGridsTest {
  private static final IntegerFormat FORMAT = IntegerFormat.asymmetric(8);
  private static final int TOKENS = 3;
  private static final int CHANNELS = 5;

  private static Tensor wide() {
    Tensor x = Tensor.zeros(2, TOKENS, CHANNELS);
    x.data()[CHANNELS] = -3e38f; // token index 1 of the first sample
    x.data()[(TOKENS + 1) * CHANNELS + 2] = 3e38f; // and of the second
    return x;
  }

  static Stream<Arguments> unusable() {
    List<Arguments> cases = new ArrayList<>();
    for (Backend backend : Backends.all()) {
      if (!backend.computesAtOnce() || backend.unavailable().isPresent()) {
        continue;
      }
      for (float bad : new float[] {Float.POSITIVE_INFINITY, Float.NaN, 0, -1}) {
        AffineGrid tensor = new AffineGrid(FORMAT, new float[] {bad}, new int[1]);
        AffineGrid token = new AffineGrid(FORMAT, new float[] {1, 1, bad}, new int[TOKENS]);
        cases.add(Arguments.of(backend, new StaticTensor(tensor), "is " + bad));
        cases.add(Arguments.of(backend, new StaticToken(token), "is " + bad));
      }
      cases.add(Arguments.of(backend, new DynamicTokenShared(FORMAT), "beyond float32"));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("unusable")
  void layersRefuseThemInTheReferencesWords(
      Backend backend, ActivationQuantization scheme, String words) {
    Throwable refused = layerOn(backend, scheme);
    assertThat(refused)
        .isInstanceOf(NonFiniteException.class)
        .hasMessage(layerOn(Backends.find("reference"), scheme).getMessage())
        .hasMessageContaining("layer blocks.0.fc")
        .hasMessageContaining(words);
  }

  private static Throwable layerOn(Backend backend, ActivationQuantization scheme) {
    try (Operators<?> operators = backend.open(2)) {
      return catchThrowable(() -> apply(operators, scheme));
    }
  }

  private static <V> void apply(Operators<V> operators, ActivationQuantization scheme) {
    float[] scale = new float[CHANNELS];
    Arrays.fill(scale, 1);
    QuantizedWeight weight =
        new QuantizedWeight(
            new ByteCodes(CHANNELS, CHANNELS, new byte[CHANNELS * CHANNELS]),
            new AffineGrid(FORMAT, scale, new int[CHANNELS]));
    WeightSet set = new WeightSet(TimestepRange.ALL, weight, Optional.empty(), scheme);
    operators.linear(
        operators.constant(wide()),
        operators.prepare(
            new QuantizedLinearParameters("blocks.0.fc", List.of(set), Optional.empty())));
  }

  @ParameterizedTest
  @MethodSource("unusable")
  void integerOperatorsRefuseThemInTheReferencesWords(
      Backend backend, ActivationQuantization scheme, String words) {
    assertThat(integersOn(backend, scheme))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage(integersOn(Backends.find("reference"), scheme).getMessage())
        .hasMessageContaining(words);
  }

  private static Throwable integersOn(Backend backend, ActivationQuantization scheme) {
    try (Operators<?> operators = backend.open(2)) {
      assertThat(operators).isInstanceOf(IntegerOperators.class);
      return catchThrowable(() -> ((IntegerOperators) operators).quantize(wide(), scheme));
    }
  }
}
