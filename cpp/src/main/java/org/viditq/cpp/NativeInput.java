package org.viditq.cpp;

import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Shape;

/**
 * What linear layers are applied to. An input that is computed on its way becomes a tensor only
 * when a layer asks for one, and once for all layers.
 */
final class NativeInput {
  private final Operators<NativeTensor> operators;
  private final LinearInput<NativeTensor> definition;
  private final Shape shape;
  private NativeTensor value;

  /**
   * @param operators what the input is computed by
   * @throws org.viditq.core.error.ShapeException if the operands do not fit together
   */
  NativeInput(Operators<NativeTensor> operators, LinearInput<NativeTensor> definition) {
    this.operators = operators;
    this.definition = definition;
    this.shape = definition.shape(operators);
  }

  LinearInput<NativeTensor> definition() {
    return definition;
  }

  Shape shape() {
    return shape;
  }

  NativeTensor value() {
    if (value == null) {
      value = definition.value(operators);
    }
    return value;
  }
}
