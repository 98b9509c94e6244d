package org.viditq.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** What a recording refuses; what it records is checked where ONNX Runtime runs it. */
class OnnxOperatorsTest {
  private final OnnxOperators operators = new OnnxOperators(OnnxOptions.STANDARD);

  private static DenseLinearParameters dense(float value) {
    return new DenseLinearParameters(
        "block.fc", MemoryTensor.of("weight", Tensor.full(value, 4, 3)), Optional.empty());
  }

  @Test
  void shapesAreKnownWithoutComputing() {
    OnnxValue x = operators.input("x", 2, 5, 3);
    OnnxValue y = operators.linear(x, operators.prepare(dense(1)));
    assertThat(operators.shape(y)).isEqualTo(Shape.of(2, 5, 4));
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    OnnxValue x = operators.input("x", 2, 3);
    assertThatThrownBy(() -> operators.add(x, operators.input("y", 2, 4)))
        .isInstanceOf(ShapeException.class)
        .hasMessageStartingWith("add ")
        .hasMessageContaining("[2, 3]");
    Linear layer = operators.prepare(dense(1));
    assertThatThrownBy(() -> operators.linear(operators.input("z", 2, 4), layer))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("block.fc");
  }

  @Test
  void damagedLayersAreRefused() {
    assertThatThrownBy(() -> operators.prepare(dense(Float.NaN)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("block.fc");
  }

  @Test
  void onlyConstantsCanBeRead() {
    Tensor tensor = Tensor.full(3, 2);
    OnnxValue constant = operators.constant(tensor);
    assertThat(operators.read(constant)).isSameAs(tensor);
    OnnxValue input = operators.input("mask", 2);
    assertThatThrownBy(() -> operators.read(input))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("mask");
    assertThatThrownBy(() -> operators.read(operators.add(constant, input)))
        .isInstanceOf(BackendException.class);
  }

  @Test
  void namesOfInputsAndOutputsAreTakenOnce() {
    OnnxValue x = operators.input("x", 1);
    assertThatThrownBy(() -> operators.input("x", 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("\"x\"");
    assertThatThrownBy(() -> operators.input("", 1)).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> operators.graph("g", Map.of("x", x)))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> operators.graph("g", Map.of())).isInstanceOf(UsageException.class);
  }

  @Test
  void valuesAndLayersOfOthersAreRefused() {
    OnnxOperators others = new OnnxOperators(OnnxOptions.STANDARD);
    OnnxValue x = operators.input("x", 1, 3);
    OnnxValue foreign = others.input("x", 1, 3);
    assertThatThrownBy(() -> operators.add(x, foreign))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("another ONNX graph");
    assertThatThrownBy(() -> operators.read(foreign)).isInstanceOf(BackendException.class);
    Linear layer = others.prepare(dense(1));
    assertThatThrownBy(() -> operators.linear(x, layer))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("block.fc");
  }

  @Test
  void timestepsAreFinite() {
    assertThatThrownBy(() -> operators.selectTimestep(Double.NaN))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void nothingIsRecordedOnceItIsClosed() {
    OnnxValue x = operators.input("x", 1, 3);
    OnnxGraph graph = operators.graph("g", Map.of("y", operators.scale(x, 2)));
    Linear layer = operators.prepare(dense(1));
    operators.close();
    operators.close();
    assertThat(graph.toBytes()).isNotEmpty();
    assertThatThrownBy(() -> operators.scale(x, 2)).isInstanceOf(BackendException.class);
    assertThatThrownBy(() -> operators.linear(x, layer)).isInstanceOf(BackendException.class);
    assertThatThrownBy(() -> operators.constant(Tensor.full(1)))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> operators.prepare(dense(1))).isInstanceOf(BackendException.class);
    assertThatThrownBy(
            () ->
                operators.prepare(
                    new ConvolutionParameters(
                        "conv",
                        MemoryTensor.of("weight", Tensor.full(1, 1, 1, 1)),
                        Optional.empty(),
                        new int[] {1},
                        new int[] {0},
                        new int[] {0})))
        .isInstanceOf(BackendException.class);
    assertThatThrownBy(() -> operators.graph("g", Map.of("z", x)))
        .isInstanceOf(BackendException.class);
  }
}
