package org.viditq.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.util.List;
import java.util.Random;
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
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
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
  private static final float EPS = 1e-6f;

  @ParameterizedTest
  @MethodSource("org.viditq.tests.parity.LayerShape#all")
  void codesAndSumsAreThoseOfTheReference(LayerShape shape) {
    Tensor x = shape.operand().tensor(74, shape.rows(), shape.in());
    QuantizedWeight weight = RandomLayers.weight(shape.weights(), shape.out(), shape.in());
    DynamicToken scheme = new DynamicToken(shape.activations());
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
  @MethodSource("org.viditq.tests.parity.LayerShape#all")
  void layersAreThoseOfTheReferenceOnAnyNumberOfThreads(LayerShape shape) {
    QuantizedLinearParameters layer =
        RandomLayers.layer("layer", shape.weights(), shape.activations(), shape.out(), shape.in());
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
      Operators<V> operators, QuantizedLinearParameters layer, LayerShape shape) {
    V x = operators.constant(shape.operand().tensor(74, 1, shape.rows(), shape.in()));
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
      float[] actual, float[] expected, QuantizedLinearParameters layer, LayerShape shape) {
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

  static Stream<LayerShape> fusedShapes() {
    Random random = new Random(77);
    return Stream.concat(
        Stream.generate(() -> LayerShape.small(random)).limit(6),
        Stream.of(
            new LayerShape(5, 1152, 4608),
            new LayerShape(150, 4, 4608),
            new LayerShape(257, 33, 8191),
            new LayerShape(1152, 5, 257),
            new LayerShape(4608, 2, 31),
            new LayerShape(2, 8191, 3)));
  }

  /** Layers behind a modulated input, and a feed-forward layer with `out` hidden channels. */
  @ParameterizedTest
  @MethodSource("fusedShapes")
  void fusedLayersAreWhatTheyAreComposedOf(LayerShape shape) {
    for (InstructionSet isa : InstructionSet.supported()) {
      List<float[]> expected = List.of();
      for (int threads = 1; threads <= 3; threads++) {
        try (NativeOperators operators = new NativeOperators(threads, isa)) {
          Linear up =
              operators.prepare(
                  RandomLayers.layer(
                      "up", shape.weights(), shape.activations(), shape.out(), shape.in()));
          Linear down =
              operators.prepare(
                  RandomLayers.layer("down", shape.weights(), shape.activations(), 7, shape.out()));
          LinearInput<NativeTensor> input =
              LinearInput.modulated(
                  operators.constant(shape.operand().tensor(78, 1, shape.rows(), shape.in())),
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
      Linear layer =
          operators.prepare(RandomLayers.layer("blocks.7.attn1.to_q", format, format, 9, 37));
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
