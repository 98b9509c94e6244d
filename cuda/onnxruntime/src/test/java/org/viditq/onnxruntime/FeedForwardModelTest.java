package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceOperators;

/**
 * The feed-forward half of a transformer block, two timestep ranges with their weights and balance,
 * in one model: what runs between one node and the next is the node's alone.
 */
class FeedForwardModelTest {
  private static final int CHANNELS = 40;
  private static final int HIDDEN = 100;
  private static final IntegerFormat TOKENS = IntegerFormat.asymmetric(8);

  private final ReferenceOperators reference = new ReferenceOperators(1, 0);
  private final Random random = new Random(67);

  @AfterEach
  void close() {
    reference.close();
  }

  @ParameterizedTest
  @CsvSource({
    "NATIVE, FLOAT32, 8",
    "NATIVE, FLOAT16, 4",
    "EMULATED, FLOAT32, 4",
    "EMULATED, FLOAT16, 8"
  })
  void theResultIsTheReferences(OperatorLibrary library, ElementKind kind, int weightBits)
      throws OrtException {
    IntegerFormat format = IntegerFormat.asymmetric(weightBits);
    PackedSets up = new PackedSets(random, 2, HIDDEN, CHANNELS, format);
    PackedSets down = new PackedSets(random, 2, CHANNELS, HIDDEN, format);
    Tensor upBalance = balance(CHANNELS);
    Tensor downBalance = balance(HIDDEN);
    Tensor bias = normal(HIDDEN);
    Linear upLayer = reference.prepare(parameters("up", up, upBalance, Optional.of(bias)));
    Linear downLayer = reference.prepare(parameters("down", down, downBalance, Optional.empty()));
    NodeModel model = model(kind, up, down, upBalance, downBalance, bias);
    try (NodeSession session = new NodeSession(library, model)) {
      for (int batch : new int[] {1, 2}) {
        Operand x = Operand.activations(kind, normal(batch, 6, CHANNELS));
        Tensor shift = normal(batch, 1, CHANNELS);
        Tensor scale = normal(batch, 1, CHANNELS);
        Operand gate = Operand.activations(kind, normal(batch, 1, CHANNELS));
        for (int set : new int[] {0, 1}) {
          Map<String, Operand> inputs = new HashMap<>();
          inputs.put("x", x);
          inputs.put("shift", Operand.floats(shift));
          inputs.put("scale", Operand.floats(scale));
          inputs.put("gate", gate);
          inputs.put("set", Operand.activeSet(set));
          Operand y = session.run(inputs).get("y");
          reference.selectTimestep(set == 0 ? 100 : 900);
          Tensor modulated = reference.layerNormModulate(x.tensor(), shift, scale, 1e-6f);
          Tensor hidden =
              Operand.activations(kind, reference.linear(modulated, upLayer, Epilogue.none()))
                  .tensor();
          Tensor expected =
              reference.linear(
                  reference.activate(hidden, Activation.GELU_TANH),
                  downLayer,
                  Epilogue.gatedResidual(gate.tensor(), x.tensor()));
          assertNear(y, expected);
        }
      }
    }
  }

  /**
   * Where a value lies between two codes, rounding decides which it gets: a step in 255 of what a
   * token adds to a result. A few of these, and what 16-bit values between the layers make of them,
   * stay below 2 % of the greatest result.
   */
  private static void assertNear(Operand actual, Tensor expected) {
    float greatest = 0;
    for (float value : expected.data()) {
      greatest = Math.max(greatest, Math.abs(value));
    }
    float[] values = actual.floats();
    assertThat(values).hasSize(expected.size());
    double squares = 0;
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).isCloseTo(expected.data()[i], within(0.02f * greatest));
      squares += Math.pow(values[i] - expected.data()[i], 2);
    }
    assertThat(Math.sqrt(squares / values.length)).isLessThan(0.002 * greatest);
  }

  private static NodeModel model(
      ElementKind kind,
      PackedSets up,
      PackedSets down,
      Tensor upBalance,
      Tensor downBalance,
      Tensor bias) {
    NodeModel model = new NodeModel().input("x", kind, "batch", "tokens", CHANNELS);
    model.input("shift", ElementKind.FLOAT32, "batch", 1, CHANNELS);
    model.input("scale", ElementKind.FLOAT32, "batch", 1, CHANNELS);
    model.input("gate", kind, "batch", 1, CHANNELS).input("set", ElementKind.INT32, 1);
    model.constant("up_balance", Operand.floats(upBalance));
    model.constant("down_balance", Operand.floats(downBalance));
    model.constant("bias", Operand.floats(bias));
    Map<String, Integer> balanced = Map.of("has_balance", 1, "has_active_set", 1);
    model.node(
        "ViditqNormModulateQuantize",
        balanced,
        List.of("x", "shift", "scale", "up_balance", "set"),
        tokens("up"));
    linear(model, "up", "hidden", up, kind, List.of("bias"), Map.of("has_bias", 1));
    model.node(
        "ViditqGeluQuantize", balanced, List.of("hidden", "down_balance", "set"), tokens("down"));
    linear(
        model,
        "down",
        "y",
        down,
        kind,
        List.of("gate", "x"),
        Map.of("has_gate", 1, "has_residual", 1));
    return model.output("y", kind, "batch", "tokens", CHANNELS);
  }

  private static List<String> tokens(String layer) {
    return List.of(layer + ".codes", layer + ".scale", layer + ".zero_point", layer + ".row_sum");
  }

  private static void linear(
      NodeModel model,
      String layer,
      String output,
      PackedSets weights,
      ElementKind kind,
      List<String> optional,
      Map<String, Integer> flags) {
    Map<String, Operand> operands = new LayerModel(weights, TOKENS).weightOperands();
    List<String> inputs = new ArrayList<>(tokens(layer));
    for (String name : List.of("w_codes", "w_scale", "w_zero_point", "w_centered_sum")) {
      model.constant(layer + "." + name, operands.get(name));
      inputs.add(layer + "." + name);
    }
    inputs.add("set");
    inputs.addAll(optional);
    Map<String, Integer> fields = new HashMap<>(flags);
    fields.put("channels", weights.channels);
    fields.put("inner", weights.inner);
    fields.put("weight_bits", weights.storageBits);
    fields.put("output_type", kind.field());
    fields.put("has_active_set", 1);
    model.node("ViditqQuantizedLinear", fields, inputs, List.of(output));
  }

  private static QuantizedLinearParameters parameters(
      String name, PackedSets weights, Tensor balance, Optional<Tensor> bias) {
    List<WeightSet> sets = new ArrayList<>();
    for (int set = 0; set < 2; set++) {
      float[] own = new float[weights.inner];
      System.arraycopy(balance.data(), set * weights.inner, own, 0, weights.inner);
      sets.add(
          new WeightSet(
              TimestepRange.closed(set * 501, set * 501 + 500),
              weights.weights.get(set),
              Optional.of(own),
              new DynamicToken(TOKENS)));
    }
    return new QuantizedLinearParameters(name, sets, bias);
  }

  /** A row per set. */
  private Tensor balance(int channels) {
    Tensor balance = Tensor.zeros(2, channels);
    for (int i = 0; i < balance.size(); i++) {
      balance.data()[i] = 0.5f + random.nextFloat();
    }
    return balance;
  }

  private Tensor normal(int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }
}
