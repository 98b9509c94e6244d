package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.viditq.reference.TestData.normal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;

/** Properties of the quantizers over random and adversarial matrices. */
class TokenQuantizerTest {
  private final ReferenceOperators operators = new ReferenceOperators(2, 0);

  @AfterEach
  void close() {
    operators.close();
  }

  static Stream<IntegerFormat> formats() {
    return Stream.of(4, 6, 8)
        .flatMap(b -> Stream.of(IntegerFormat.asymmetric(b), IntegerFormat.symmetric(b)));
  }

  /** One row per kind of trouble, then random rows. */
  private static Tensor adversarial(long seed) {
    Random random = new Random(seed);
    int columns = 1 + random.nextInt(70);
    List<float[]> rows = new ArrayList<>();
    rows.add(new float[columns]); // dead token
    rows.add(filled(columns, 3.25f)); // one positive constant
    rows.add(filled(columns, -1e-3f)); // one negative constant
    rows.add(filled(columns, Float.MIN_VALUE)); // denormal
    rows.add(filled(columns, -0f));
    float[] outlier = gaussian(random, columns, 1e-2);
    outlier[random.nextInt(columns)] = 1e4f;
    rows.add(outlier);
    float[] saturated = filled(columns, 1e37f);
    saturated[0] = -1e37f;
    rows.add(saturated);
    for (int i = 0; i < 30; i++) {
      rows.add(gaussian(random, columns, Math.pow(10, random.nextInt(9) - 4)));
    }
    Tensor x = Tensor.zeros(rows.size(), columns);
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, x.data(), i * columns, columns);
    }
    return x;
  }

  private static float[] filled(int columns, float value) {
    float[] row = new float[columns];
    Arrays.fill(row, value);
    return row;
  }

  private static float[] gaussian(Random random, int columns, double deviation) {
    float[] row = new float[columns];
    for (int i = 0; i < columns; i++) {
      row[i] = (float) (deviation * random.nextGaussian());
    }
    return row;
  }

  @ParameterizedTest
  @MethodSource("formats")
  void codesStayInRangeAndErrBelowHalfAStep(IntegerFormat format) {
    for (long seed = 0; seed < 20; seed++) {
      Tensor x = adversarial(seed);
      QuantizedActivations q = operators.quantize(x, new DynamicToken(format));
      for (int row = 0; row < q.rows(); row++) {
        assertThat(q.scale()[row]).isGreaterThanOrEqualTo(MinMaxGrid.MIN_SCALE);
        assertThat(q.zeroPoint()[row]).isBetween(format.minCode(), format.maxCode());
        int sum = 0;
        for (int c = 0; c < q.columns(); c++) {
          int code = q.code(row, c);
          sum += code;
          assertThat(code).isBetween(format.minCode(), format.maxCode());
          double value = (double) q.scale()[row] * (code - q.zeroPoint()[row]);
          float original = x.data()[row * q.columns() + c];
          // Where z was rounded, the end of the range may be cut by up to half a step more.
          double bound = format.symmetric() ? 0.5 : 1.0;
          assertThat(value).isCloseTo(original, within(q.scale()[row] * (bound + 1e-4)));
        }
        assertThat(q.rowSum()[row]).isEqualTo(sum);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void insideTheRepresentableRangeTheErrorIsHalfAStep(IntegerFormat format) {
    for (long seed = 0; seed < 20; seed++) {
      Tensor x = adversarial(seed);
      QuantizedActivations q = operators.quantize(x, new DynamicToken(format));
      for (int i = 0; i < x.size(); i++) {
        int row = i / q.columns();
        double scale = q.scale()[row];
        double smallest = scale * (format.minCode() - q.zeroPoint()[row]);
        double largest = scale * (format.maxCode() - q.zeroPoint()[row]);
        if (x.data()[i] >= smallest && x.data()[i] <= largest) {
          double value = scale * (q.code(row, i % q.columns()) - q.zeroPoint()[row]);
          assertThat(value).isCloseTo(x.data()[i], within(scale * (0.5 + 1e-4)));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void permutedRowsGivePermutedResults(IntegerFormat format) {
    Tensor x = adversarial(7);
    List<Integer> order = new ArrayList<>();
    for (int row = 0; row < x.dim(0); row++) {
      order.add(row);
    }
    Collections.shuffle(order, new Random(8));
    int[] indices = order.stream().mapToInt(Integer::intValue).toArray();
    QuantizedActivations straight = operators.quantize(x, new DynamicToken(format));
    QuantizedActivations permuted =
        operators.quantize(operators.embedding(x, indices), new DynamicToken(format));
    for (int row = 0; row < indices.length; row++) {
      assertThat(permuted.scale()[row]).isEqualTo(straight.scale()[indices[row]]);
      assertThat(permuted.zeroPoint()[row]).isEqualTo(straight.zeroPoint()[indices[row]]);
      for (int c = 0; c < x.dim(1); c++) {
        assertThat(permuted.code(row, c)).isEqualTo(straight.code(indices[row], c));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void zeroRowsStayZero(IntegerFormat format) {
    QuantizedActivations q = operators.quantize(Tensor.zeros(2, 3, 5), new DynamicToken(format));
    assertThat(q.codes()).containsOnly(0);
    assertThat(q.zeroPoint()).containsOnly(0);
    assertThat(q.scale()).containsOnly(MinMaxGrid.MIN_SCALE);
  }

  @Test
  void computesByHand() {
    // Δ = (3 - -1) / 15, z = round(3.75) = 4; 0.4 / Δ = 1.5 rounds to even 2.
    Tensor x = Tensor.of(new float[] {-1, 3, 0, 0.4f}, 1, 4);
    QuantizedActivations q = operators.quantize(x, new DynamicToken(IntegerFormat.asymmetric(4)));
    assertThat(q.scale()).containsExactly(4f / 15);
    assertThat(q.zeroPoint()).containsExactly(4);
    assertThat(q.codes()).containsExactly(0, 15, 4, 6);
    assertThat(q.rowSum()).containsExactly(25);
  }

  @Test
  void sharedGridsSpanTheBatch() {
    Tensor x = Tensor.of(new float[] {0, 255, 0, 51, -255, 0, 0, 255}, 2, 2, 2);
    QuantizedActivations q =
        operators.quantize(x, new DynamicTokenShared(IntegerFormat.asymmetric(8)));
    assertThat(q.scale()).containsExactly(2, 1, 2, 1);
    assertThat(q.zeroPoint()).containsExactly(128, 0, 128, 0);
    assertThat(q.codes())
        .containsExactly((byte) 128, (byte) 255, 0, 51, 0, (byte) 128, 0, (byte) 255);
  }

  @Test
  void staticGridsClip() {
    IntegerFormat format = IntegerFormat.asymmetric(8);
    Tensor x = Tensor.of(new float[] {-9, 0, 99, 300, -9, 0, 99, 300}, 1, 2, 4);
    QuantizedActivations tensor =
        operators.quantize(
            x, new StaticTensor(MinMaxGrid.of(format, new float[] {0}, new float[] {255})));
    assertThat(tensor.codes()).containsExactly(0, 0, 99, (byte) 255, 0, 0, 99, (byte) 255);
    QuantizedActivations token =
        operators.quantize(
            x,
            new StaticToken(MinMaxGrid.of(format, new float[] {0, -255}, new float[] {255, 255})));
    assertThat(token.codes())
        .containsExactly(0, 0, 99, (byte) 255, 124, (byte) 128, (byte) 178, (byte) 255);
  }

  @Test
  void publishedRuleLetsOneDeadTokenDestroyItsSampleOnly() {
    Tensor x = Tensor.of(new float[] {0, 0, 1, 2, 3, 4, 5, 6}, 2, 2, 2);
    QuantizedActivations q =
        operators.quantize(
            x,
            new DynamicToken(IntegerFormat.asymmetric(8), SmallScaleRule.ALL_GROUPS_AS_PUBLISHED));
    assertThat(q.scale()).containsExactly(1e-6f, 1e-6f, 4f / 255, 6f / 255);
    QuantizedActivations shared =
        operators.quantize(
            operators.slice(x, 0, 0, 1),
            new DynamicTokenShared(
                IntegerFormat.asymmetric(8), SmallScaleRule.ALL_GROUPS_AS_PUBLISHED));
    assertThat(shared.scale()).containsExactly(1e-6f, 1e-6f);
    assertThat(shared.codes()).containsExactly(0, 0, (byte) 255, (byte) 255);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void refusesNonFiniteValues(float bad) {
    Tensor x = normal(1, 2, 3);
    x.data()[4] = bad;
    assertThatThrownBy(() -> operators.quantize(x, new DynamicToken(IntegerFormat.asymmetric(8))))
        .isInstanceOf(NonFiniteException.class);
  }

  @Test
  void refusesRangesBeyondFloat32() {
    Tensor x = Tensor.of(new float[] {-3e38f, 3e38f}, 1, 2);
    assertThatThrownBy(() -> operators.quantize(x, new DynamicToken(IntegerFormat.asymmetric(8))))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("range");
  }

  @Test
  void schemesByTokenIndexNeedThreeAxes() {
    IntegerFormat format = IntegerFormat.asymmetric(8);
    assertThatThrownBy(() -> operators.quantize(normal(1, 4, 5), new DynamicTokenShared(format)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[4, 5]");
    StaticToken three = new StaticToken(MinMaxGrid.of(format, new float[3], new float[] {1, 1, 1}));
    assertThatThrownBy(() -> operators.quantize(normal(1, 2, 4, 5), three))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[2, 4, 5]");
  }
}
