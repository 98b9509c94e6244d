package org.viditq.core.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterceptingOperatorsTest {
  /** A profile would show the others as too slow, and a fault would be somebody else's. */
  @Test
  void interceptsEveryOperatorThatComputes() {
    for (Method method : Operators.class.getMethods()) {
      boolean computes =
          method.getReturnType() == Object.class || method.getReturnType() == List.class;
      boolean shorthand = method.getName().equals("linear") && method.getParameterCount() == 2;
      if (computes && !shorthand) {
        assertThat(Arrays.stream(InterceptingOperators.class.getDeclaredMethods()))
            .as(method.toString())
            .anyMatch(
                own ->
                    own.getName().equals(method.getName())
                        && Arrays.equals(own.getParameterTypes(), method.getParameterTypes()));
      }
    }
  }
}
