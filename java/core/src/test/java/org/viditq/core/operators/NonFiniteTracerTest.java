package org.viditq.core.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.tensor.Tensor;

class NonFiniteTracerTest {
  private final List<String> called = new ArrayList<>();
  private final NonFiniteTracer<Float> operators = new NonFiniteTracer<>(scalars());
  private final Linear layer =
      () ->
          new DenseLinearParameters(
              "blocks.3.mlp", MemoryTensor.of("weight", Tensor.zeros(3, 2)), Optional.empty());

  /** Operators on single numbers: those that the tests call. */
  @SuppressWarnings("unchecked")
  private Operators<Float> scalars() {
    return (Operators<Float>)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Operators.class},
            (proxy, method, arguments) -> {
              called.add(method.getName());
              return switch (method.getName()) {
                case "constant" -> ((Tensor) arguments[0]).data()[0];
                case "read" -> Tensor.full((Float) arguments[0], 1);
                case "add" -> (Float) arguments[0] + (Float) arguments[1];
                case "scale", "multiply" -> (Float) arguments[0] * (Float) arguments[1];
                case "linears" -> List.of(1f, Float.NaN);
                default -> throw new IllegalArgumentException(method.toString());
              };
            });
  }

  @Test
  void finiteResultsAreComputedOnceAndReadOnce() {
    Tensor result =
        operators.finite(
            "the model",
            () -> operators.read(operators.scale(operators.constant(Tensor.full(2, 1)), 3)));

    assertThat(result.data()).containsExactly(6);
    assertThat(called).containsExactly("constant", "scale", "read");
  }

  /** Infinity comes from the second product; the difference makes it NaN. */
  @Test
  void namesTheOperatorThatWasTheFirst() {
    assertThatThrownBy(
            () ->
                operators.finite(
                    "the model",
                    () -> {
                      float x = operators.scale(operators.constant(Tensor.full(1e20f, 1)), 2);
                      float infinite = operators.multiply(x, x);
                      return operators.read(operators.add(infinite, operators.scale(infinite, -1)));
                    }))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageStartingWith(
            "In the model, the operator multiply is the first to give NaN or infinity;");
  }

  @Test
  void namesTheLayer() {
    assertThatThrownBy(
            () ->
                operators.finite(
                    "the model",
                    () -> operators.read(operators.linears(1f, List.of(layer, layer)).get(1))))
        .hasMessageContaining("2 x linear 2 to 3 of layer blocks.3.mlp");
  }

  /** The product is finite, and so is what it is multiplied with; further on it overflows. */
  @Test
  void namesTheOperatorWhoseValuesLeadToIt() {
    assertThatThrownBy(
            () ->
                operators.finite(
                    "the model",
                    () -> {
                      float x = operators.multiply(1e15f, 1e15f);
                      return operators.read(operators.add(operators.scale(x, 1e15f), 1f));
                    }))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageStartingWith("In the model, the operator multiply is the first to give values")
        .hasMessageContaining("beyond 1.0E25");
  }

  @Test
  void aLayerThatRefusesItsInputIsNotBlamedForIt() {
    assertThatThrownBy(
            () ->
                operators.finite(
                    "the model",
                    () -> {
                      operators.scale(1e20f, 1e18f);
                      throw new NonFiniteException("Layer b refuses a range beyond float32.");
                    }))
        .hasMessageStartingWith("In the model, the operator scale is the first to give values");
    assertThatThrownBy(
            () ->
                operators.finite(
                    "the model",
                    () -> {
                      operators.scale(1f, 2);
                      throw new NonFiniteException("Layer b holds NaN or infinity.");
                    }))
        .hasMessage("Layer b holds NaN or infinity.");
  }

  @Test
  void inputsAreNotBlamedOnAnOperator() {
    assertThatThrownBy(
            () ->
                operators.finite(
                    "the model",
                    () -> operators.read(operators.constant(Tensor.full(Float.NaN, 1)))))
        .hasMessageContaining("an input holds NaN or infinity");
  }

  @Test
  void computationsThatFailOnlyOnceAreReportedToo() {
    int[] calls = new int[1];
    assertThatThrownBy(
            () ->
                operators.finite(
                    "the model", () -> Tensor.full(calls[0]++ == 0 ? Float.NaN : 1, 1)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage("The result of the model holds NaN or infinity.");
  }

  @Test
  void looksNoLongerAfterAFailure() {
    assertThatThrownBy(
            () -> operators.finite("the model", () -> operators.read(operators.scale(1e38f, 10))))
        .isInstanceOf(NonFiniteException.class);
    called.clear();
    operators.scale(1f, 2);
    assertThat(called).containsExactly("scale");
  }
}
