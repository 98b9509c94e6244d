package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceOperators;

/** Attention in int8 against the reference, which defines it. */
class AttentionNodeTest {
  private static final int HEADS = 3;
  private static final float SCALE = 0.3f;

  private final ReferenceOperators reference = new ReferenceOperators(1, 0);
  private final Random random = new Random(53);

  @AfterEach
  void close() {
    reference.close();
  }

  @ParameterizedTest
  @EnumSource
  void resultsAreTheReferencesWithinRounding(OperatorLibrary library) throws OrtException {
    for (ElementKind kind :
        List.of(ElementKind.FLOAT32, ElementKind.FLOAT16, ElementKind.BFLOAT16)) {
      for (boolean biased : new boolean[] {false, true}) {
        try (NodeSession session = new NodeSession(library, model(kind, biased))) {
          for (int keys : new int[] {1, 7, 131}) {
            check(session, kind, keys, biased);
          }
        }
      }
    }
  }

  private void check(NodeSession session, ElementKind kind, int keys, boolean biased)
      throws OrtException {
    Map<String, Operand> operands = new HashMap<>();
    operands.put("q", Operand.activations(kind, normal(2, 5, 24 * HEADS)));
    operands.put("k", Operand.activations(kind, normal(2, keys, 24 * HEADS)));
    operands.put("v", Operand.activations(kind, normal(2, keys, 24 * HEADS)));
    if (biased) {
      Tensor mask = Tensor.zeros(2, 1, 1, keys);
      for (int i = 1; i < keys; i += 2) {
        mask.data()[keys + i] = -10_000;
      }
      operands.put("bias", Operand.activations(kind, mask));
    }
    Tensor expected =
        reference.attention(
            operands.get("q").tensor(),
            operands.get("k").tensor(),
            operands.get("v").tensor(),
            HEADS,
            SCALE,
            Optional.ofNullable(operands.get("bias")).map(Operand::tensor),
            AttentionPrecision.INT8);
    float rounding =
        switch (kind) {
          case FLOAT16 -> 0x1p-11f;
          case BFLOAT16 -> 0x1p-8f;
          default -> 4e-6f;
        };
    float largest = 0;
    for (float value : operands.get("v").floats()) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(session.run(operands).get("y").floats())
        .containsExactly(expected.data(), within(largest * rounding));
  }

  @ParameterizedTest
  @EnumSource
  void headsAndBiasesThatDoNotFitAreRefused(OperatorLibrary library) {
    Map<String, Operand> operands = new HashMap<>();
    for (String name : List.of("q", "k", "v")) {
      operands.put(name, Operand.floats(Tensor.zeros(2, 5, 25)));
    }
    assertThatThrownBy(
            () -> {
              try (NodeSession session =
                  new NodeSession(library, model(ElementKind.FLOAT32, false))) {
                session.run(operands);
              }
            })
        .isInstanceOf(OrtException.class)
        .hasMessageContaining("q has 25 channels, which are not 3 heads of 1 to 1024.");
    operands.replaceAll((name, operand) -> Operand.floats(Tensor.zeros(2, 5, 24)));
    operands.put("bias", Operand.floats(Tensor.zeros(2, 1, 4, 5)));
    assertThatThrownBy(
            () -> {
              try (NodeSession session =
                  new NodeSession(library, model(ElementKind.FLOAT32, true))) {
                session.run(operands);
              }
            })
        .isInstanceOf(OrtException.class)
        .hasMessageContaining("bias has the extents [2, 1, 4, 5]");
  }

  private static NodeModel model(ElementKind kind, boolean biased) {
    NodeModel model = new NodeModel().input("q", kind, "batch", "tokens", "channels");
    model.input("k", kind, "batch", "keys", "channels");
    model.input("v", kind, "batch", "keys", "channels");
    List<String> inputs = new ArrayList<>(List.of("q", "k", "v"));
    if (biased) {
      model.input("bias", kind, "batch", 1, "rows", "keys");
      inputs.add("bias");
    }
    model.node(
        "ViditqAttention",
        Map.of("heads", HEADS, "scale", SCALE, "has_bias", biased ? 1 : 0),
        inputs,
        List.of("y"));
    return model.output("y", kind, "batch", "tokens", "channels");
  }

  private Tensor normal(int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }
}
