package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.tensor.Tensor;

/** residual + gate * x, a product and a sum in float32. */
class GatedResidualNodeTest {
  private final Random random = new Random(47);

  @ParameterizedTest
  @EnumSource
  void resultsEqualTheDefinitionToTheBit(OperatorLibrary library) throws OrtException {
    for (ElementKind kind :
        List.of(ElementKind.FLOAT32, ElementKind.FLOAT16, ElementKind.BFLOAT16)) {
      // Its type follows from the inputs, so that a value between two nodes need not be declared.
      NodeModel model = new NodeModel().input("x", kind, "batch", "tokens", "channels");
      model.input("gate", kind, "batch", 1, "channels");
      model.input("residual", kind, "batch", "tokens", "channels");
      List<String> inputs = List.of("x", "gate", "residual");
      model.node("ViditqGatedResidual", Map.of(), inputs, List.of("between"));
      model.node(
          "ViditqGatedResidual", Map.of(), List.of("between", "gate", "residual"), List.of("y"));
      model.output("y", kind, "batch", "tokens", "channels");
      try (NodeSession session = new NodeSession(library, model)) {
        for (int channels : new int[] {1, 33, 64}) {
          Operand x = Operand.activations(kind, normal(2, 7, channels));
          Operand gate = Operand.activations(kind, normal(2, 1, channels));
          Operand residual = Operand.activations(kind, normal(2, 7, channels));
          Operand y = session.run(Map.of("x", x, "gate", gate, "residual", residual)).get("y");
          Tensor expected = add(kind, add(kind, x.tensor(), gate, residual), gate, residual);
          assertThat(y.floats()).containsExactly(expected.data());
        }
      }
    }
  }

  private static Tensor add(ElementKind kind, Tensor x, Operand gate, Operand residual) {
    Tensor sum = Tensor.zeros(x.shape().toArray());
    int channels = x.dim(2);
    float[] gates = gate.floats();
    float[] residuals = residual.floats();
    for (int i = 0; i < x.size(); i++) {
      float factor = gates[i / (7 * channels) * channels + i % channels];
      sum.data()[i] = residuals[i] + factor * x.data()[i];
    }
    return Operand.activations(kind, sum).tensor();
  }

  private Tensor normal(int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }
}
