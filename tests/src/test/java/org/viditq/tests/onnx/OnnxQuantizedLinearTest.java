package org.viditq.tests.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.Rotation.Kind;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.OnnxOptions.LinearForm;
import org.viditq.quantize.weight.WeightQuantizer;
import org.viditq.reference.ReferenceBackend;

/**
 * Quantized layers as they are emitted. Their sums are integers, so only the steps behind them may
 * differ, each by half an ulp of float32: a conversion, two products with scales, the bias.
 */
class OnnxQuantizedLinearTest {
  private static final int BATCH = 2;
  private static final int TOKENS = 5;
  private static final int IN = 37;
  private static final int OUT = 19;
  private static final double ROUNDINGS = 4 * 0x1p-24;

  static Stream<Arguments> schemes() {
    List<Arguments> cases = new ArrayList<>();
    for (IntegerFormat format :
        List.of(
            IntegerFormat.asymmetric(8), IntegerFormat.symmetric(8), IntegerFormat.asymmetric(4))) {
      for (SmallScaleRule rule : SmallScaleRule.values()) {
        cases.add(Arguments.of(new DynamicToken(format, rule), 3));
        cases.add(Arguments.of(new DynamicToken(format, rule), 2));
        cases.add(Arguments.of(new DynamicTokenShared(format, rule), 3));
      }
      cases.add(Arguments.of(new StaticTensor(grid(format, 1)), 3));
      cases.add(Arguments.of(new StaticTensor(grid(format, 1)), 1));
      cases.add(Arguments.of(new StaticToken(grid(format, TOKENS)), 3));
    }
    return cases.stream();
  }

  private static AffineGrid grid(IntegerFormat format, int groups) {
    float[] scale = new float[groups];
    int[] zeroPoint = new int[groups];
    for (int g = 0; g < groups; g++) {
      scale[g] = (0.7f + 0.1f * g) / format.steps();
      zeroPoint[g] = format.symmetric() ? 0 : g + 1;
    }
    return new AffineGrid(format, scale, zeroPoint);
  }

  @ParameterizedTest
  @MethodSource("schemes")
  void everySchemeGivesTheSumsOfTheReference(ActivationQuantization scheme, int rank) {
    LinearParameters layer = quantized(scheme);
    // Values of about 1 clip at the calibrated grids.
    Tensor x = rank == 1 ? normal(1, IN) : normal(1, BATCH * TOKENS, IN);
    for (int i = 0; rank > 1 && i < IN; i++) {
      x.data()[2 * IN + i] = 0; // a dead token
      x.data()[4 * IN + i] *= 1e-8f; // and one too narrow for a scale
    }
    Tensor shaped = rank == 3 ? x.reshape(BATCH, TOKENS, IN) : x;
    Tensor expected = compute(new ReferenceBackend().open(1), layer, shaped);
    Tensor got = compute(emission(LinearForm.FLOAT32), layer, shaped);
    assertClose(got, expected);
  }

  @Test
  void inputsThatDoNotGoWithTheSchemeAreRefused() {
    LinearParameters layer = quantized(new StaticToken(grid(IntegerFormat.asymmetric(8), TOKENS)));
    assertThatThrownBy(
            () -> compute(emission(LinearForm.FLOAT32), layer, normal(1, 1, TOKENS + 1, IN)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("token indices");
  }

  static Stream<Rotation> rotations() {
    return Stream.of(
        new Rotation(Kind.HADAMARD, 192, OptionalLong.of(0)),
        new Rotation(Kind.HADAMARD, 12, OptionalLong.of(1)),
        new Rotation(Kind.HADAMARD, 32, OptionalLong.empty()),
        new Rotation(Kind.HADAMARD, 2, OptionalLong.empty()),
        new Rotation(Kind.REGULAR, 4, OptionalLong.empty()),
        new Rotation(Kind.REGULAR, 64, OptionalLong.of(2)));
  }

  /**
   * MatMul sums in its own order, so a value between two codes may take the other one: a step of
   * the input times a weight.
   */
  @ParameterizedTest
  @MethodSource("rotations")
  void rotatedInputsBranchesAndCorrectionsAreTheReferences(Rotation rotation) {
    int in = 192;
    ActivationQuantization scheme = new DynamicToken(IntegerFormat.asymmetric(8));
    float[] balance = normal(6, in).data();
    for (int c = 0; c < in; c++) {
      balance[c] = 0.5f + Math.abs(balance[c]);
    }
    List<WeightSet> sets = new ArrayList<>();
    for (int set = 0; set < 2; set++) {
      sets.add(
          new WeightSet(
              TimestepRange.closed(set == 0 ? 0 : 501, set == 0 ? 500 : 1000),
              new WeightQuantizer()
                  .quantize(
                      MemoryTensor.of("weight", normal(7, OUT, in)),
                      Optional.empty(),
                      IntegerFormat.asymmetric(8)),
              Optional.of(balance),
              Optional.of(rotation),
              scheme,
              Optional.of(normal(20 + set, OUT).data())));
    }
    LinearParameters layer =
        new QuantizedLinearParameters(
            "layer",
            sets,
            Optional.of(normal(8, OUT)),
            Optional.of(new LowRankBranch(normal(9, 3, in), normal(10, OUT, 3))));
    Tensor x = normal(1, BATCH, TOKENS, in);
    for (double timestep : new double[] {100, 900}) {
      Tensor expected = compute(new ReferenceBackend().open(1), layer, x, timestep);
      Tensor got = compute(emission(LinearForm.FLOAT32), layer, x, timestep);
      // An input's range is about 10, so a step is 0.04; weights are below 5.
      for (int i = 0; i < got.size(); i++) {
        assertThat(got.data()[i]).isCloseTo(expected.data()[i], within(0.2f));
      }
      double moved = 0;
      for (int i = 0; i < got.size(); i++) {
        moved += Math.abs(got.data()[i] - expected.data()[i]);
      }
      assertThat(moved / got.size()).isLessThan(2e-3);
    }
  }

  /** The whole-tensor quantization of ONNX's DynamicQuantizeLinear, computed here by its text. */
  @ParameterizedTest
  @CsvSource({"1, 1", "1, 0", "5, 2.5", "5, -2.5"})
  void dynamicInt8QuantizesTheWholeTensor(int rows, float shift) {
    Tensor x = normal(3, rows, IN);
    float lo = 0;
    float hi = 0;
    for (int i = 0; i < x.size(); i++) {
      x.data()[i] += shift;
      lo = Math.min(lo, x.data()[i]);
      hi = Math.max(hi, x.data()[i]);
    }
    float step = (hi - lo) / 255;
    double zero = Math.rint(-lo / step);
    Tensor weight = normal(4, OUT, IN);
    Tensor bias = normal(5, OUT);
    Tensor expected = Tensor.zeros(rows, OUT);
    for (int n = 0; n < OUT; n++) {
      float largest = 0;
      for (int k = 0; k < IN; k++) {
        largest = Math.max(largest, Math.abs(weight.data()[n * IN + k]));
      }
      float scale = largest / 127;
      for (int m = 0; m < rows; m++) {
        long sum = 0;
        for (int k = 0; k < IN; k++) {
          double code = Math.rint(x.data()[m * IN + k] / step) + zero;
          double w = Math.rint(weight.data()[n * IN + k] / scale);
          sum += (long) ((Math.max(0, Math.min(255, code)) - zero) * w);
        }
        expected.data()[m * OUT + n] = (float) (sum * (double) step * scale + bias.data()[n]);
      }
    }
    LinearParameters layer =
        new DenseLinearParameters("layer", MemoryTensor.of("weight", weight), Optional.of(bias));
    assertClose(compute(emission(LinearForm.DYNAMIC_INT8), layer, x), expected);
  }

  private static Operators<?> emission(LinearForm form) {
    return new OnnxRuntimeBackend(new OnnxOptions(form, AttentionForm.STANDARD)).open(1);
  }

  private static LinearParameters quantized(ActivationQuantization scheme) {
    float[] balance = normal(6, IN).data();
    for (int c = 0; c < IN; c++) {
      balance[c] = 0.5f + Math.abs(balance[c]);
    }
    IntegerFormat format = scheme.format();
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL,
            new WeightQuantizer()
                .quantize(
                    MemoryTensor.of("weight", normal(7, OUT, IN)), Optional.of(balance), format),
            Optional.of(balance),
            scheme);
    return new QuantizedLinearParameters("layer", List.of(set), Optional.of(normal(8, OUT)));
  }

  private static <V> Tensor compute(Operators<V> operators, LinearParameters layer, Tensor x) {
    return compute(operators, layer, x, 0);
  }

  private static <V> Tensor compute(
      Operators<V> operators, LinearParameters layer, Tensor x, double timestep) {
    try (operators) {
      operators.selectTimestep(timestep);
      return operators.read(operators.linear(operators.constant(x), operators.prepare(layer)));
    }
  }

  private static void assertClose(Tensor got, Tensor expected) {
    assertThat(got.shape()).isEqualTo(expected.shape());
    double largest = 0;
    for (float value : expected.data()) {
      largest = Math.max(largest, Math.abs(value));
    }
    // The bias may cancel what was rounded before it.
    double bound = ROUNDINGS * (largest + 8);
    for (int i = 0; i < got.size(); i++) {
      assertThat((double) got.data()[i])
          .as("element %d", i)
          .isBetween(expected.data()[i] - bound, expected.data()[i] + bound);
    }
  }

  private static Tensor normal(long seed, int... dims) {
    Random random = new Random(seed);
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }
}
