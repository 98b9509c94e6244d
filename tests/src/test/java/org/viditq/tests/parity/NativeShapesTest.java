package org.viditq.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeOperators;
import org.viditq.cpp.NativeTensor;
import org.viditq.reference.ReferenceOperators;

/**
 * Quantized layers of the native backend on every instruction set and 1, 2 and 3 threads: shapes
 * that are no multiple of anything, ordinary and nasty rows. Codes and int32 sums are those of the
 * reference to the bit, float32 results within rounding, fused operators to the bit what they are
 * composed of.
 */
class NativeShapesTest {
  /** Extents of published models, and a prime near each kind of block. */
  private static final int[] PARTICULAR = {1152, 4608, 257, 8191};

  private static final float EPS = 1e-6f;

  /** Rows x input x output channels. */
  record Shape(int rows, int in, int out) {}

  static Stream<Shape> shapes() {
    List<Shape> shapes = new ArrayList<>();
    Random random = new Random(71);
    for (int i = 0; i < 12; i++) {
      shapes.add(new Shape(small(random), small(random), small(random)));
    }
    for (int extent : PARTICULAR) {
      shapes.add(new Shape(extent, 1 + random.nextInt(30), 1 + random.nextInt(30)));
      shapes.add(new Shape(1 + random.nextInt(30), extent, 1 + random.nextInt(60)));
      shapes.add(new Shape(1 + random.nextInt(30), 1 + random.nextInt(60), extent));
    }
    shapes.add(new Shape(3, 8191, 257));
    shapes.add(new Shape(17, 1152, 1152));
    return shapes.stream();
  }

  private static int small(Random random) {
    return 1 + random.nextInt(300);
  }

  /** What kind of rows a shape gets: each kind in turn. */
  private static Operand operand(Shape shape) {
    return Operand.values()[(shape.rows() + shape.in() + shape.out()) % Operand.values().length];
  }

  private static QuantizedWeight weight(IntegerFormat format, int out, int in) {
    Random random = new Random(31L * out + in);
    byte[] codes = new byte[out * in];
    float[] scale = new float[out];
    int[] zeroPoint = new int[out];
    int codeCount = 1 << format.bits();
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) (format.minCode() + random.nextInt(codeCount));
    }
    for (int n = 0; n < out; n++) {
      scale[n] = 1e-3f * (1 + random.nextInt(9));
      zeroPoint[n] = format.symmetric() ? 0 : random.nextInt(codeCount);
    }
    return new QuantizedWeight(
        new ByteCodes(out, in, codes), new AffineGrid(format, scale, zeroPoint));
  }

  private static QuantizedLinearParameters layer(
      String name, IntegerFormat weights, IntegerFormat activations, int out, int in) {
    Optional<float[]> balance = Optional.empty();
    if (out % 2 == 1) {
      float[] s = Operand.NORMAL.tensor(72, in).data();
      for (int c = 0; c < in; c++) {
        s[c] = (float) Math.exp(s[c]);
      }
      balance = Optional.of(s);
    }
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL, weight(weights, out, in), balance, new DynamicToken(activations));
    return new QuantizedLinearParameters(
        name, List.of(set), Optional.of(Operand.NORMAL.tensor(73, out)));
  }

  private static IntegerFormat weights(Shape shape) {
    return new IntegerFormat(shape.rows() % 3 == 0 ? 4 : 8, shape.in() % 2 == 0);
  }

  private static IntegerFormat activations(Shape shape) {
    return new IntegerFormat(shape.out() % 4 == 0 ? 6 : 8, shape.rows() % 4 == 0);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void codesAndSumsAreThoseOfTheReference(Shape shape) {
    Tensor x = operand(shape).tensor(74, shape.rows(), shape.in());
    QuantizedWeight weight = weight(weights(shape), shape.out(), shape.in());
    DynamicToken scheme = new DynamicToken(activations(shape));
    try (ReferenceOperators reference = new ReferenceOperators(2, 0)) {
      QuantizedActivations expected = reference.quantize(x, scheme);
      int[] sums = reference.accumulate(expected, weight);
      for (InstructionSet isa : InstructionSet.supported()) {
        try (NativeOperators operators = new NativeOperators(1, isa)) {
          QuantizedActivations actual = operators.quantize(x, scheme);
          assertThat(actual.codes()).as("%s", isa).isEqualTo(expected.codes());
          assertThat(actual.scale()).as("%s", isa).isEqualTo(expected.scale());
          assertThat(actual.zeroPoint()).as("%s", isa).isEqualTo(expected.zeroPoint());
          assertThat(actual.rowSum()).as("%s", isa).isEqualTo(expected.rowSum());
          assertThat(operators.accumulate(actual, weight)).as("%s", isa).isEqualTo(sums);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void layersAreThoseOfTheReferenceOnAnyNumberOfThreads(Shape shape) {
    QuantizedLinearParameters layer =
        layer("layer", weights(shape), activations(shape), shape.out(), shape.in());
    Tensor expected;
    try (ReferenceOperators reference = new ReferenceOperators(2, 1 << 24)) {
      expected = finished(reference, layer, shape);
    }
    for (InstructionSet isa : InstructionSet.supported()) {
      float[] first = null;
      for (int threads = 1; threads <= 3; threads++) {
        try (NativeOperators operators = new NativeOperators(threads, isa)) {
          float[] actual = finished(operators, layer, shape).data();
          if (first == null) {
            first = actual;
            assertRoundedOnly(actual, expected.data(), layer, shape);
          }
          assertThat(actual).as("%s, %d threads", isa, threads).isEqualTo(first);
        }
      }
    }
  }

  /** residual + gate * (x W^T + b). */
  private static <V> Tensor finished(
      Operators<V> operators, QuantizedLinearParameters layer, Shape shape) {
    V x = operators.constant(operand(shape).tensor(74, 1, shape.rows(), shape.in()));
    V gate = operators.constant(Operand.NORMAL.tensor(75, 1, 1, shape.out()));
    V residual = operators.constant(Operand.NORMAL.tensor(76, 1, shape.rows(), shape.out()));
    return operators.read(
        operators.linear(x, operators.prepare(layer), Epilogue.gatedResidual(gate, residual)));
  }

  /**
   * The sum of codes is exact; becoming float32, two scales, bias, gate and residual round once
   * each, by at most 2^-24 of what they give. None of that is larger than the terms of the result:
   * |gate x W^T| <= |out| + |residual| + |gate b|.
   */
  private static void assertRoundedOnly(
      float[] actual, float[] expected, QuantizedLinearParameters layer, Shape shape) {
    float[] gate = Operand.NORMAL.tensor(75, 1, 1, shape.out()).data();
    float[] residual = Operand.NORMAL.tensor(76, 1, shape.rows(), shape.out()).data();
    float[] bias = layer.bias().orElseThrow().data();
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      int n = i % shape.out();
      double terms =
          Math.abs(expected[i]) + Math.abs(residual[i]) + Math.abs((double) gate[n] * bias[n]);
      double difference = Math.abs((double) actual[i] - expected[i]);
      if (!(difference <= 7 * Math.scalb(terms, -24))) {
        fail("Value %d is %s, expected %s".formatted(i, actual[i], expected[i]));
      }
    }
  }

  static Stream<Shape> fusedShapes() {
    Random random = new Random(77);
    return Stream.concat(
        IntStream.range(0, 6).mapToObj(i -> new Shape(small(random), small(random), small(random))),
        Stream.of(
            new Shape(5, 1152, 4608),
            new Shape(150, 4, 4608),
            new Shape(257, 33, 8191),
            new Shape(1152, 5, 257),
            new Shape(4608, 2, 31),
            new Shape(2, 8191, 3)));
  }

  /** Layers behind a modulated input, and a feed-forward layer with `out` hidden channels. */
  @ParameterizedTest
  @MethodSource("fusedShapes")
  void fusedLayersAreWhatTheyAreComposedOf(Shape shape) {
    for (InstructionSet isa : InstructionSet.supported()) {
      List<float[]> expected = List.of();
      for (int threads = 1; threads <= 3; threads++) {
        try (NativeOperators operators = new NativeOperators(threads, isa)) {
          Linear up =
              operators.prepare(
                  layer("up", weights(shape), activations(shape), shape.out(), shape.in()));
          Linear down =
              operators.prepare(layer("down", weights(shape), activations(shape), 7, shape.out()));
          LinearInput<NativeTensor> input =
              LinearInput.modulated(
                  operators.constant(operand(shape).tensor(78, 1, shape.rows(), shape.in())),
                  operators.constant(Operand.NORMAL.tensor(79, 1, 1, shape.in())),
                  operators.constant(Operand.NORMAL.tensor(80, 1, 1, shape.in())),
                  EPS);
          if (threads == 1) {
            NativeTensor value = input.value(operators);
            NativeTensor hidden =
                operators.linear(value, up, Epilogue.activation(Activation.GELU_TANH));
            expected =
                List.of(
                    read(operators, operators.linear(value, up)),
                    read(operators, operators.linear(hidden, down)));
          }
          assertThat(read(operators, operators.linears(input, List.of(up)).get(0)))
              .as("%s, %d threads", isa, threads)
              .isEqualTo(expected.get(0));
          NativeTensor fused =
              operators.feedForward(input, up, Activation.GELU_TANH, down, Epilogue.none());
          assertThat(read(operators, fused))
              .as("%s, %d threads", isa, threads)
              .isEqualTo(expected.get(1));
        }
      }
    }
  }

  private static float[] read(NativeOperators operators, NativeTensor value) {
    return operators.read(value).data();
  }

  static List<InstructionSet> supported() {
    return InstructionSet.supported();
  }

  @ParameterizedTest
  @MethodSource("supported")
  void nonFiniteInputsNameTheLayerOnEveryInstructionSet(InstructionSet isa) {
    IntegerFormat format = IntegerFormat.asymmetric(8);
    try (NativeOperators operators = new NativeOperators(2, isa)) {
      Linear layer = operators.prepare(layer("blocks.7.attn1.to_q", format, format, 9, 37));
      NativeTensor one = operators.constant(Operand.NORMAL.tensor(81, 1, 1, 37));
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        for (int position : new int[] {0, 36, 37 * 20 + 16}) {
          Tensor values = Operand.NORMAL.tensor(82, 1, 21, 37);
          values.data()[position] = bad;
          NativeTensor x = operators.constant(values);
          for (LinearInput<NativeTensor> input :
              List.of(LinearInput.of(x), LinearInput.modulated(x, one, one, EPS))) {
            assertThatThrownBy(() -> operators.linears(input, List.of(layer)))
                .isInstanceOf(NonFiniteException.class)
                .hasMessageContaining("blocks.7.attn1.to_q");
          }
        }
      }
    }
  }
}
