package org.viditq.tests.parity;

import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.Scope;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeOperators;
import org.viditq.cpp.NativeTensor;
import org.viditq.reference.ReferenceOperators;

/**
 * Codes and int32 sums of layers as they are deployed, seen through {@link ProbeLayers}: whatever
 * computes and quantizes their input in one pass, on every instruction set and 1 and 3 threads,
 * they are to the bit the reference's for the same float32 input, over all shapes and operands.
 */
@Tag("slow")
class NativeDeployedCodesTest {
  private static final String SHAPES = "org.viditq.tests.parity.LayerShape#all";
  private static final float EPS = 1e-6f;

  /** Alone, and more than some of the shapes have blocks of rows for. */
  private static final int[] THREADS = {1, 3};

  /** How a layer's input comes about. */
  private interface Way {
    /** The layers' input in float32. */
    NativeTensor value(NativeTensor x);

    /** The layers' outputs, their input being quantized on the way. */
    List<NativeTensor> through(NativeTensor x, List<Linear> layers);
  }

  @ParameterizedTest
  @MethodSource(SHAPES)
  void ofValues(LayerShape shape) {
    hold(
        shape,
        probes(shape, shape.in(), shape.out()),
        operators -> fused(operators, LinearInput::of));
  }

  @ParameterizedTest
  @MethodSource(SHAPES)
  void behindLayerNormAndModulation(LayerShape shape) {
    Tensor shift = Operand.NORMAL.tensor(85, 1, 1, shape.in());
    Tensor scale = Operand.NORMAL.tensor(86, samples(shape), 1, shape.in());
    hold(
        shape,
        probes(shape, shape.in(), shape.out()),
        operators ->
            fused(
                operators,
                x ->
                    LinearInput.modulated(
                        x, operators.constant(shift), operators.constant(scale), EPS)));
  }

  @ParameterizedTest
  @MethodSource(SHAPES)
  void betweenTheLayersOfAFeedForwardLayer(LayerShape shape) {
    QuantizedLinearParameters up =
        RandomLayers.layer("up", shape.weights(), shape.activations(), shape.out(), shape.in());
    hold(
        shape,
        probes(shape, shape.out(), shape.in()),
        operators -> feedForward(operators, operators.prepare(up)));
  }

  private static Way fused(
      NativeOperators operators, Function<NativeTensor, LinearInput<NativeTensor>> input) {
    return new Way() {
      @Override
      public NativeTensor value(NativeTensor x) {
        return input.apply(x).value(operators);
      }

      @Override
      public List<NativeTensor> through(NativeTensor x, List<Linear> layers) {
        return operators.linears(input.apply(x), layers);
      }
    };
  }

  private static Way feedForward(NativeOperators operators, Linear up) {
    return new Way() {
      @Override
      public NativeTensor value(NativeTensor x) {
        return operators.linear(x, up, Epilogue.activation(Activation.GELU_TANH));
      }

      @Override
      public List<NativeTensor> through(NativeTensor x, List<Linear> layers) {
        return layers.stream()
            .map(
                down ->
                    operators.feedForward(
                        LinearInput.of(x), up, Activation.GELU_TANH, down, Epilogue.none()))
            .toList();
      }
    };
  }

  private static int samples(LayerShape shape) {
    return shape.rows() % 2 == 0 ? 2 : 1;
  }

  private static Tensor x(LayerShape shape, Operand operand) {
    int samples = samples(shape);
    return operand.tensor(87, samples, shape.rows() / samples, shape.in());
  }

  /** 8-bit and 4-bit weights on the same codes. */
  private static List<QuantizedLinearParameters> probes(LayerShape shape, int in, int out) {
    Optional<float[]> balance =
        shape.out() % 2 == 1 ? Optional.of(RandomLayers.balance(in)) : Optional.empty();
    IntegerFormat activations = shape.activations();
    boolean symmetric = shape.weights().symmetric();
    return List.of(
        ProbeLayers.codes(in, balance, activations),
        ProbeLayers.sums(new IntegerFormat(8, symmetric), in, out, balance, activations),
        ProbeLayers.sums(new IntegerFormat(4, symmetric), in, out, balance, activations));
  }

  private static void hold(
      LayerShape shape,
      List<QuantizedLinearParameters> probes,
      Function<NativeOperators, Way> way) {
    Map<Operand, Tensor> inputs = new EnumMap<>(Operand.class);
    for (Operand operand : Operand.values()) {
      inputs.put(operand, x(shape, operand));
    }
    try (Expectations expected = new Expectations(probes)) {
      for (InstructionSet isa : InstructionSet.supported()) {
        for (int threads : THREADS) {
          try (NativeOperators operators = new NativeOperators(threads, isa)) {
            List<Linear> layers = probes.stream().map(p -> operators.prepare(p)).toList();
            hold(
                inputs,
                operators,
                way.apply(operators),
                layers,
                expected,
                isa + ", " + threads + " threads");
          }
        }
      }
    }
  }

  private static void hold(
      Map<Operand, Tensor> inputs,
      NativeOperators operators,
      Way way,
      List<Linear> layers,
      Expectations expected,
      String where) {
    for (Operand operand : Operand.values()) {
      try (Scope<NativeTensor> scope = operators.scope()) {
        NativeTensor x = operators.constant(inputs.get(operand));
        List<Tensor> outputs = expected.of(operand, operators.read(way.value(x)));
        List<NativeTensor> actual = way.through(x, layers);
        for (int i = 0; i < layers.size(); i++) {
          requireSame(
              operators.read(actual.get(i)),
              outputs.get(i),
              "%s: %s of %s".formatted(where, layers.get(i).parameters().name(), operand));
        }
      }
    }
  }

  private static void requireSame(Tensor actual, Tensor expected, String what) {
    int different = Arrays.mismatch(actual.data(), expected.data());
    if (different >= 0) {
      int channels = expected.dim(-1);
      fail(
          "%s: row %d, channel %d is %s, expected %s"
              .formatted(
                  what,
                  different / channels,
                  different % channels,
                  actual.data()[different],
                  expected.data()[different]));
    }
  }

  /** The reference's outputs for each kind of operand, computed anew where its input changes. */
  private static final class Expectations implements AutoCloseable {
    private final ReferenceOperators reference = new ReferenceOperators(2, 1L << 30);
    private final List<Linear> layers;
    private final Map<Operand, Tensor> inputs = new EnumMap<>(Operand.class);
    private final Map<Operand, List<Tensor>> outputs = new EnumMap<>(Operand.class);

    Expectations(List<QuantizedLinearParameters> probes) {
      layers = probes.stream().map(p -> reference.prepare(p)).toList();
    }

    List<Tensor> of(Operand operand, Tensor input) {
      Tensor last = inputs.put(operand, input);
      if (last == null || !Arrays.equals(last.data(), input.data())) {
        outputs.put(operand, layers.stream().map(l -> reference.linear(input, l)).toList());
      }
      return outputs.get(operand);
    }

    @Override
    public void close() {
      reference.close();
    }
  }
}
