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
      if (computes && !isShorthand(method)) {
        assertThat(Arrays.stream(InterceptingOperators.class.getDeclaredMethods()))
            .as(method.toString())
            .anyMatch(
                own ->
                    own.getName().equals(method.getName())
                        && Arrays.equals(own.getParameterTypes(), method.getParameterTypes()));
      }
    }
  }

  /** Whether it calls another one of its name that takes more, and which is intercepted. */
  private static boolean isShorthand(Method method) {
    Class<?>[] own = method.getParameterTypes();
    return method.isDefault()
        && Arrays.stream(Operators.class.getMethods())
            .filter(other -> other.getName().equals(method.getName()))
            .map(Method::getParameterTypes)
            .anyMatch(
                more ->
                    more.length == own.length + 1
                        && Arrays.equals(own, Arrays.copyOf(more, own.length)));
  }
}
