package org.viditq.core.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

class TimedOperatorsTest {
  private final List<String> called = new ArrayList<>();
  private final OperatorProfile profile = new OperatorProfile();
  private final TimedOperators<String> timed = new TimedOperators<>(recorder(), profile);

  /** Answers every call with null, or what its type needs, and writes its name down. */
  @SuppressWarnings("unchecked")
  private Operators<String> recorder() {
    return (Operators<String>)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Operators.class},
            (proxy, method, arguments) -> {
              called.add(method.getName());
              return method.getReturnType() == Shape.class ? Shape.of(1, 7, 4) : null;
            });
  }

  @Test
  void countsCallsPerKind() {
    timed.add("a", "b");
    timed.add("a", "b");
    timed.attention("q", "k", "v", 2, 1, Optional.empty());

    assertThat(profile.entries())
        .extracting(OperatorProfile.Entry::kind, OperatorProfile.Entry::calls)
        .containsExactlyInAnyOrder(tuple("add", 2L), tuple("attention 7 to 7", 1L));
    assertThat(profile.entries()).allMatch(entry -> entry.nanos() >= 0);

    profile.clear();
    assertThat(profile.entries()).isEmpty();
  }

  @Test
  void layersThatShareAnInputStayTogether() {
    Linear layer =
        () ->
            new DenseLinearParameters(
                "layer", MemoryTensor.of("weight", Tensor.zeros(3, 2)), Optional.empty());
    timed.linears("x", List.of(layer, layer));
    timed.linears(LinearInput.of("x"), List.of(layer, layer));
    timed.feedForward(LinearInput.of("x"), layer, Activation.SILU, layer, Epilogue.none());

    assertThat(called).containsExactly("linears", "linears", "feedForward");
    assertThat(profile.entries())
        .extracting(OperatorProfile.Entry::kind)
        .containsExactlyInAnyOrder("2 x linear 2 to 3", "linear 2 to 3 to 3");
  }
}
