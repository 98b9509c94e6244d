package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceOperators;

/** Quantizer and linear node together against the reference. */
class LinearNodeTest {
  private final ReferenceOperators reference = new ReferenceOperators(1, 0);
  private final Random random = new Random(43);

  @AfterEach
  void close() {
    reference.close();
  }

  private record Case(IntegerFormat weights, IntegerFormat tokens, int channels, int inner) {}

  private static List<Case> cases() {
    IntegerFormat tokens = IntegerFormat.asymmetric(8);
    return List.of(
        new Case(IntegerFormat.asymmetric(8), tokens, 77, 100),
        new Case(IntegerFormat.symmetric(8), IntegerFormat.symmetric(8), 48, 64),
        new Case(IntegerFormat.asymmetric(6), IntegerFormat.asymmetric(6), 33, 72),
        new Case(IntegerFormat.asymmetric(4), tokens, 70, 100),
        new Case(IntegerFormat.symmetric(4), IntegerFormat.symmetric(8), 64, 128),
        new Case(IntegerFormat.asymmetric(4), tokens, 1, 1));
  }

  /** With scales of 1, y is the int32 sum of the centered codes, which float32 holds here. */
  @ParameterizedTest
  @EnumSource
  void sumsEqualTheReferences(OperatorLibrary library) throws OrtException {
    for (Case c : cases()) {
      PackedSets weights = new PackedSets(random, 2, c.channels, c.inner, c.weights);
      LayerModel layer = new LayerModel(weights, c.tokens);
      layer.sumsOnly = true;
      Tensor x = normal(2, 5, c.inner);
      try (NodeSession session = new NodeSession(library, layer.model(null))) {
        for (int set : new int[] {0, 1}) {
          Map<String, Operand> inputs = new HashMap<>();
          inputs.put("x", Operand.floats(x));
          inputs.put("set", Operand.activeSet(set));
          inputs.put("ones", Operand.floats(Tensor.full(1, 2, 5)));
          assertThat(session.run(inputs).get("y").floats())
              .containsExactly(centeredSums(x, c, weights, set));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void resultsAreTheReferences(OperatorLibrary library) throws OrtException {
    for (Case c : cases()) {
      for (ElementKind kind :
          List.of(ElementKind.FLOAT32, ElementKind.FLOAT16, ElementKind.BFLOAT16)) {
        PackedSets weights = new PackedSets(random, 2, c.channels, c.inner, c.weights);
        LayerModel layer = new LayerModel(weights, c.tokens);
        layer.kind = kind;
        layer.bias = true;
        layer.gelu = kind == ElementKind.FLOAT16;
        layer.gated = kind != ElementKind.BFLOAT16;
        check(library, layer, c, Map.of());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void weightsMayComeWithEveryRun(OperatorLibrary library) throws OrtException {
    Case c = cases().get(3);
    LayerModel layer =
        new LayerModel(new PackedSets(random, 2, c.channels, c.inner, c.weights), c.tokens);
    layer.weightsAsInputs = true;
    layer.bias = true;
    check(library, layer, c, Map.of());
  }

  @Test
  void instructionSetsGiveTheSameResults() throws OrtException {
    for (Case c : cases()) {
      for (String isa : instructionSets()) {
        LayerModel layer =
            new LayerModel(new PackedSets(random, 2, c.channels, c.inner, c.weights), c.tokens);
        layer.bias = true;
        layer.gated = true;
        check(OperatorLibrary.NATIVE, layer, c, Map.of("viditq.isa", isa));
      }
    }
  }

  /** Those that this machine runs, as the library lists them for who asks for another one. */
  private List<String> instructionSets() {
    Case c = cases().get(0);
    LayerModel layer =
        new LayerModel(new PackedSets(random, 1, c.channels, c.inner, c.weights), c.tokens);
    String message =
        catchThrowable(
                () ->
                    new NodeSession(
                        OperatorLibrary.NATIVE,
                        layer.model(null).toBytes(),
                        Map.of("viditq.isa", "sse9")))
            .getMessage();
    Matcher matcher =
        Pattern.compile("the instruction set is sse9, .*; choose one of: ([a-z0-9, ]+)\\.")
            .matcher(message);
    assertThat(matcher.find()).as(message).isTrue();
    assertThat(matcher.group(1)).startsWith("portable");
    return List.of(matcher.group(1).split(", "));
  }

  /** Other sessions may run meanwhile, on the same threads. */
  @Test
  void sessionsRunBesideEachOther() throws Exception {
    Case c = cases().get(0);
    PackedSets weights = new PackedSets(random, 1, c.channels, c.inner, c.weights);
    LayerModel layer = new LayerModel(weights, c.tokens);
    Map<String, Operand> inputs =
        Map.of("x", Operand.floats(normal(3, 40, c.inner)), "set", Operand.activeSet(0));
    try (NodeSession one = new NodeSession(OperatorLibrary.NATIVE, layer.model(null));
        NodeSession other = new NodeSession(OperatorLibrary.NATIVE, layer.model(null))) {
      byte[] expected = one.run(inputs).get("y").bytes();
      List<Thread> threads = new ArrayList<>();
      List<byte[]> results = Collections.synchronizedList(new ArrayList<>());
      for (NodeSession session : List.of(one, other, one, other)) {
        Thread thread =
            new Thread(
                () -> {
                  for (int i = 0; i < 20; i++) {
                    try {
                      results.add(session.run(inputs).get("y").bytes());
                    } catch (OrtException e) {
                      results.add(new byte[0]);
                    }
                  }
                });
        thread.start();
        threads.add(thread);
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(results).hasSize(80).allMatch(result -> Arrays.equals(result, expected));
    }
  }

  private void check(OperatorLibrary library, LayerModel layer, Case c, Map<String, String> config)
      throws OrtException {
    float[] biases = normal(c.channels).data();
    List<WeightSet> sets = new ArrayList<>();
    for (int set = 0; set < layer.weights.sets(); set++) {
      TimestepRange range = TimestepRange.closed(set * 501, set * 501 + 500);
      sets.add(
          new WeightSet(
              range,
              layer.weights.weights.get(set),
              Optional.empty(),
              new DynamicToken(layer.tokens)));
    }
    var parameters =
        new QuantizedLinearParameters(
            "fc", sets, layer.bias ? Optional.of(Tensor.of(biases, c.channels)) : Optional.empty());
    var linear = reference.prepare(parameters);
    try (NodeSession session = new NodeSession(library, layer.model(biases).toBytes(), config)) {
      for (int[] dims : List.of(new int[] {1, 1}, new int[] {2, 9}, new int[] {3, 21})) {
        Operand x = Operand.activations(layer.kind, normal(dims[0], dims[1], c.inner));
        Operand gate = Operand.activations(layer.kind, normal(dims[0], 1, c.channels));
        Operand residual = Operand.activations(layer.kind, normal(dims[0], dims[1], c.channels));
        for (int set = 0; set < sets.size(); set++) {
          Map<String, Operand> inputs = new HashMap<>();
          inputs.put("x", x);
          inputs.put("set", Operand.activeSet(set));
          if (layer.gated) {
            inputs.put("gate", gate);
            inputs.put("residual", residual);
          }
          if (layer.weightsAsInputs) {
            inputs.putAll(layer.weightOperands());
          }
          Operand y = session.run(inputs).get("y");
          assertThat(y.kind()).isEqualTo(layer.kind);
          assertThat(y.extents()).containsExactly(dims[0], dims[1], c.channels);
          reference.selectTimestep(set * 501 + 100);
          Activation activation = layer.gelu ? Activation.GELU_TANH : Activation.NONE;
          Epilogue<Tensor> epilogue =
              new Epilogue<>(
                  activation,
                  layer.gated ? Optional.of(gate.tensor()) : Optional.empty(),
                  layer.gated ? Optional.of(residual.tensor()) : Optional.empty());
          assertClose(y, reference.linear(x.tensor(), linear, epilogue));
        }
      }
    }
  }

  /** Up to a few roundings in float32 of numbers of that size, and one in the type of y. */
  private static void assertClose(Operand actual, Tensor expected) {
    float rounding =
        switch (actual.kind()) {
          case FLOAT16 -> 0x1p-11f;
          case BFLOAT16 -> 0x1p-8f;
          default -> 0;
        };
    float[] values = actual.floats();
    assertThat(values).hasSize(expected.size());
    for (int i = 0; i < values.length; i++) {
      float e = expected.data()[i];
      assertThat(values[i])
          .isCloseTo(e, within(1e-5f * (10 + Math.abs(e)) + rounding * Math.abs(e)));
    }
  }

  private float[] centeredSums(Tensor x, Case c, PackedSets weights, int set) {
    var activations = reference.quantize(x, new DynamicToken(c.tokens));
    var weight = weights.weights.get(set);
    int[] sums = reference.accumulate(activations, weight);
    float[] centered = new float[sums.length];
    byte[] row = new byte[c.inner];
    for (int channel = 0; channel < c.channels; channel++) {
      weight.codes().copyRow(channel, row, 0);
      int codeSum = 0;
      for (byte code : row) {
        codeSum += c.weights.code(code);
      }
      int zeroPoint = weight.grid().zeroPoint()[channel];
      for (int m = 0; m < activations.rows(); m++) {
        int index = m * c.channels + channel;
        int xZeroPoint = activations.zeroPoint()[m];
        centered[index] =
            sums[index]
                - zeroPoint * activations.rowSum()[m]
                - xZeroPoint * codeSum
                + c.inner * xZeroPoint * zeroPoint;
      }
    }
    return centered;
  }

  private Tensor normal(int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }
}
