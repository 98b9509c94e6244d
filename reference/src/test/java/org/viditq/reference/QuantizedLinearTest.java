package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.viditq.reference.TestData.decode;
import static org.viditq.reference.TestData.normal;
import static org.viditq.reference.TestData.quantize;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;

/** The quantized layer against its definition: dequantize both factors, then multiply. */
class QuantizedLinearTest {
  private static final int BATCH = 2;
  private static final int TOKENS = 19;
  private static final int IN = 37;
  private static final int OUT = 11;

  private final ReferenceOperators operators = new ReferenceOperators(2, 1 << 20);

  @AfterEach
  void close() {
    operators.close();
  }

  static Stream<ActivationQuantization> schemes() {
    IntegerFormat asymmetric = IntegerFormat.asymmetric(8);
    float[] lo = new float[TOKENS];
    float[] hi = new float[TOKENS];
    for (int n = 0; n < TOKENS; n++) {
      lo[n] = -1 - 0.1f * n;
      hi[n] = 1.5f;
    }
    return Stream.of(
        new DynamicToken(asymmetric),
        new DynamicToken(IntegerFormat.symmetric(6)),
        new DynamicTokenShared(asymmetric),
        new StaticTensor(MinMaxGrid.of(asymmetric, new float[] {-2}, new float[] {2.5f})),
        new StaticToken(MinMaxGrid.of(IntegerFormat.asymmetric(4), lo, hi)));
  }

  @ParameterizedTest
  @MethodSource("schemes")
  void isTheProductOfDequantizedFactors(ActivationQuantization scheme) {
    for (IntegerFormat weightFormat :
        List.of(IntegerFormat.asymmetric(4), IntegerFormat.symmetric(8))) {
      Tensor x = normal(1, BATCH, TOKENS, IN);
      QuantizedWeight weight = quantize(normal(2, OUT, IN), weightFormat);
      Tensor bias = normal(3, OUT);
      Tensor y =
          operators.linear(
              x, prepare("fc", Optional.of(bias), set(TimestepRange.ALL, weight, null, scheme)));
      assertThat(y.shape().toArray()).containsExactly(BATCH, TOKENS, OUT);
      assertIsProduct(y, operators.quantize(x, scheme), weight, bias);
    }
  }

  @Test
  void dividesByTheBalanceInFloat32() {
    Tensor x = normal(1, BATCH, TOKENS, IN);
    float[] s = new float[IN];
    Tensor divided = Tensor.zeros(BATCH, TOKENS, IN);
    for (int i = 0; i < x.size(); i++) {
      s[i % IN] = 0.1f + i % IN;
      divided.data()[i] = x.data()[i] / s[i % IN];
    }
    QuantizedWeight weight = quantize(normal(2, OUT, IN), IntegerFormat.asymmetric(8));
    DynamicToken scheme = new DynamicToken(IntegerFormat.asymmetric(8));
    Tensor y =
        operators.linear(
            x, prepare("fc", Optional.empty(), set(TimestepRange.ALL, weight, s, scheme)));
    assertIsProduct(y, operators.quantize(divided, scheme), weight, Tensor.zeros(OUT));
  }

  @ParameterizedTest
  @CsvSource({"0,0", "500,0", "500.5,0", "501,1", "999,1", "1000,1"})
  void switchesWeightSetsByTimestep(double timestep, int expected) {
    Tensor x = normal(1, 1, TOKENS, IN);
    DynamicToken scheme = new DynamicToken(IntegerFormat.asymmetric(8));
    List<QuantizedWeight> weights =
        List.of(
            quantize(normal(2, OUT, IN), IntegerFormat.asymmetric(4)),
            quantize(normal(3, OUT, IN), IntegerFormat.asymmetric(8)));
    Linear layer =
        prepare(
            "fc",
            Optional.empty(),
            set(TimestepRange.closed(0, 500), weights.get(0), null, scheme),
            set(TimestepRange.closed(501, 1000), weights.get(1), null, scheme));
    operators.selectTimestep(timestep);
    assertIsProduct(
        operators.linear(x, layer),
        operators.quantize(x, scheme),
        weights.get(expected),
        Tensor.zeros(OUT));
  }

  @Test
  void zeroRowsGiveTheBias() {
    Tensor x = Tensor.zeros(1, 3, IN);
    Tensor bias = normal(3, OUT);
    DynamicToken scheme = new DynamicToken(IntegerFormat.asymmetric(8));
    QuantizedWeight weight = quantize(normal(2, OUT, IN), IntegerFormat.asymmetric(8));
    Tensor y =
        operators.linear(
            x, prepare("fc", Optional.of(bias), set(TimestepRange.ALL, weight, null, scheme)));
    for (int row = 0; row < 3; row++) {
      assertThat(operators.slice(y, 1, row, row + 1).data()).isEqualTo(bias.data());
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void refusesNonFiniteInputNamingTheLayer(float bad) {
    Tensor x = normal(1, BATCH, TOKENS, IN);
    x.data()[5] = bad;
    schemes()
        .forEach(
            scheme -> {
              QuantizedWeight weight = quantize(normal(2, OUT, IN), IntegerFormat.asymmetric(8));
              Linear layer =
                  prepare(
                      "blocks.7.attn1.to_q",
                      Optional.empty(),
                      set(TimestepRange.ALL, weight, null, scheme));
              assertThatThrownBy(() -> operators.linear(x, layer))
                  .isInstanceOf(NonFiniteException.class)
                  .hasMessageContaining("blocks.7.attn1.to_q");
            });
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -1, Float.NaN, Float.POSITIVE_INFINITY})
  void refusesUnusableBalancing(float bad) {
    float[] s = new float[IN];
    Arrays.fill(s, 1);
    s[2] = bad;
    QuantizedWeight weight = quantize(normal(2, OUT, IN), IntegerFormat.asymmetric(8));
    DynamicToken scheme = new DynamicToken(IntegerFormat.asymmetric(8));
    assertThatThrownBy(
            () -> prepare("fc", Optional.empty(), set(TimestepRange.ALL, weight, s, scheme)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("layer fc");
  }

  @Test
  void refusesNonFiniteWeightScales() {
    QuantizedWeight weight = quantize(normal(2, OUT, IN), IntegerFormat.asymmetric(8));
    float[] scale = weight.grid().scale().clone();
    scale[3] = Float.NaN;
    QuantizedWeight broken =
        new QuantizedWeight(
            weight.codes(),
            new AffineGrid(weight.grid().format(), scale, weight.grid().zeroPoint()));
    DynamicToken scheme = new DynamicToken(IntegerFormat.asymmetric(8));
    assertThatThrownBy(
            () -> prepare("fc", Optional.empty(), set(TimestepRange.ALL, broken, null, scheme)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("layer fc");
  }

  @Test
  void refusesNonFiniteActivationScales() {
    QuantizedWeight weight = quantize(normal(2, OUT, IN), IntegerFormat.asymmetric(8));
    AffineGrid grid =
        new AffineGrid(
            IntegerFormat.asymmetric(8), new float[] {Float.POSITIVE_INFINITY}, new int[] {0});
    for (ActivationQuantization scheme : List.of(new StaticTensor(grid), new StaticToken(grid))) {
      assertThatThrownBy(
              () -> prepare("fc", Optional.empty(), set(TimestepRange.ALL, weight, null, scheme)))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("activation scale of layer fc is");
    }
  }

  private Linear prepare(String name, Optional<Tensor> bias, WeightSet... sets) {
    return operators.prepare(new QuantizedLinearParameters(name, List.of(sets), bias));
  }

  private static WeightSet set(
      TimestepRange range, QuantizedWeight weight, float[] balance, ActivationQuantization scheme) {
    return new WeightSet(range, weight, Optional.ofNullable(balance), scheme);
  }

  private static void assertIsProduct(
      Tensor y, QuantizedActivations a, QuantizedWeight weight, Tensor bias) {
    for (int m = 0; m < a.rows(); m++) {
      for (int n = 0; n < OUT; n++) {
        double expected = bias.data()[n];
        for (int k = 0; k < IN; k++) {
          double value = (a.code(m, k) - a.zeroPoint()[m]) * (double) a.scale()[m];
          expected += value * decode(weight, n, k);
        }
        assertThat((double) y.data()[m * OUT + n]).isCloseTo(expected, within(1e-5));
      }
    }
  }
}
