package org.viditq.reference;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;

/** Operand checks, with one form of message for all operators. */
final class Operands {
  private Operands() {}

  /**
   * @param rule what the operator needs, to follow "needs" in the message
   * @throws ShapeException naming operator, rule and the shapes unless {@code holds}
   */
  static void require(boolean holds, String operator, String rule, Shape... got) {
    if (!holds) {
      String shapes = Arrays.stream(got).map(Shape::toString).collect(Collectors.joining(", "));
      throw new ShapeException(operator + " needs " + rule + ", but got " + shapes + ".");
    }
  }
}
