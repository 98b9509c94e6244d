package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.viditq.reference.TestData.dense;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.tensor.Tensor;

/** Operands that do not fit are refused with the operator and a shape in the message. */
class ShapeErrorsTest {
  private static Tensor t(int... dims) {
    return Tensor.zeros(dims);
  }

  private static Linear fc(ReferenceOperators o) {
    return o.prepare(dense("fc", t(3, 4), Optional.empty()));
  }

  private static Arguments wrong(String operator, String shape, Consumer<ReferenceOperators> use) {
    return Arguments.of(operator, shape, use);
  }

  static Stream<Arguments> uses() {
    return Stream.of(
        wrong("linear fc", "[2, 5]", o -> o.linear(t(2, 5), fc(o))),
        wrong("linear fc", "[]", o -> o.linear(Tensor.of(new float[1]), fc(o))),
        wrong("linear fc", "[2, 4]", o -> o.linear(t(2, 4), fc(o), Epilogue.residual(t(2, 4)))),
        wrong(
            "linear fc",
            "[2, 5, 3]",
            o -> o.linear(t(2, 5, 4), fc(o), Epilogue.gatedResidual(t(2, 5, 3), t(2, 5, 3)))),
        wrong(
            "linear fc",
            "[1, 1, 3]",
            o -> o.linear(t(5, 4), fc(o), Epilogue.gatedResidual(t(1, 1, 3), t(5, 3)))),
        wrong(
            "layerNorm", "[3]", o -> o.layerNorm(t(2, 4), Optional.of(t(3)), Optional.empty(), 1)),
        wrong(
            "layerNorm", "[5]", o -> o.layerNorm(t(2, 4), Optional.empty(), Optional.of(t(5)), 1)),
        wrong(
            "layerNormModulate",
            "[3, 1, 4]",
            o -> o.layerNormModulate(t(2, 5, 4), t(3, 1, 4), t(2, 1, 4), 1)),
        wrong(
            "layerNormModulate",
            "[2, 5, 4]",
            o -> o.layerNormModulate(t(2, 5, 4), t(2, 1, 4), t(2, 5, 4), 1)),
        wrong("rmsNorm", "[3]", o -> o.rmsNorm(t(2, 4), t(3), 1)),
        wrong("groupNorm", "[1, 6, 2]", o -> o.groupNorm(t(1, 6, 2), t(6), t(6), 4, 1)),
        wrong("groupNorm", "[5]", o -> o.groupNorm(t(1, 6, 2), t(5), t(6), 2, 1)),
        wrong("add", "[2, 3]", o -> o.add(t(2, 3), t(2))),
        wrong("multiply", "[4]", o -> o.multiply(t(2, 3), t(4))),
        wrong(
            "attention",
            "[1, 3, 6]",
            o -> o.attention(t(2, 5, 6), t(1, 3, 6), t(1, 3, 6), 2, 1, Optional.empty())),
        wrong(
            "attention",
            "[2, 5, 6]",
            o -> o.attention(t(2, 5, 6), t(2, 3, 6), t(2, 3, 6), 4, 1, Optional.empty())),
        wrong(
            "attention",
            "[2, 3, 8]",
            o -> o.attention(t(2, 5, 6), t(2, 3, 8), t(2, 3, 6), 2, 1, Optional.empty())),
        wrong(
            "attention",
            "[2, 4, 6]",
            o -> o.attention(t(2, 5, 6), t(2, 3, 6), t(2, 4, 6), 2, 1, Optional.empty())),
        wrong(
            "attention",
            "[2, 3]",
            o -> o.attention(t(2, 5, 6), t(2, 3, 6), t(2, 3, 6), 2, 1, Optional.of(t(2, 3)))),
        wrong(
            "attention",
            "[2, 1, 1, 4]",
            o -> o.attention(t(2, 5, 6), t(2, 3, 6), t(2, 3, 6), 2, 1, Optional.of(t(2, 1, 1, 4)))),
        wrong(
            "attentionPacked",
            "[1, 7, 6]",
            o -> o.attentionPacked(t(2, 5, 6), t(1, 7, 6), t(1, 7, 6), 2, 1, new int[] {3, 3})),
        wrong(
            "attentionPacked",
            "[2, 5, 6]",
            o -> o.attentionPacked(t(2, 5, 6), t(1, 7, 6), t(1, 7, 6), 2, 1, new int[] {7})),
        wrong(
            "attentionPacked",
            "length 0",
            o -> o.attentionPacked(t(2, 5, 6), t(1, 7, 6), t(1, 7, 6), 2, 1, new int[] {7, 0})),
        wrong("rotary", "[1, 2, 1, 3]", o -> o.rotary(t(1, 2, 1, 3), t(2, 3), t(2, 3))),
        wrong("rotary", "[2, 4]", o -> o.rotary(t(1, 3, 1, 4), t(2, 4), t(3, 4))),
        wrong("embedding", "[4]", o -> o.embedding(t(4), new int[] {0})),
        wrong("embedding", "index 4", o -> o.embedding(t(4, 2), new int[] {0, 4})),
        wrong("embedding", "index -1", o -> o.embedding(t(4, 2), new int[] {-1})),
        wrong("timestepEmbedding", "[2, 1]", o -> o.timestepEmbedding(t(2, 1), 8, false, 0)),
        wrong("timestepEmbedding", "D = 2", o -> o.timestepEmbedding(t(2), 2, false, 1)),
        wrong("reshape", "[2, 3]", o -> o.reshape(t(2, 3), 4)),
        wrong("permute", "[2, 3]", o -> o.permute(t(2, 3), 0, 0)),
        wrong("permute", "[2, 3]", o -> o.permute(t(2, 3), 0)),
        wrong("permute", "[2, 3]", o -> o.permute(t(2, 3), 0, 2)),
        wrong("concat", "none", o -> o.concat(List.of(), 0)),
        wrong("concat", "[2, 4]", o -> o.concat(List.of(t(2, 3), t(2, 4)), 0)),
        wrong("concat", "[3]", o -> o.concat(List.of(t(2, 3), t(3)), 1)),
        wrong("slice", "[2, 3]", o -> o.slice(t(2, 3), 1, 2, 4)),
        wrong("slice", "[2, 3]", o -> o.slice(t(2, 3), 1, 2, 1)),
        wrong("broadcast", "[2, 3]", o -> o.broadcast(t(2, 3), 3)),
        wrong("broadcast", "[2, 3]", o -> o.broadcast(t(2, 3), 2, 4)),
        wrong("upsampleNearest2x", "[2, 3]", o -> o.upsampleNearest2x(t(2, 3))));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("uses")
  void areRefused(String operator, String shape, Consumer<ReferenceOperators> use) {
    try (ReferenceOperators operators = new ReferenceOperators(1, 0)) {
      assertThatThrownBy(() -> use.accept(operators))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining(operator)
          .hasMessageContaining(shape);
    }
  }
}
