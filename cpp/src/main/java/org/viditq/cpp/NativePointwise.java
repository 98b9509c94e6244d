package org.viditq.cpp;

import org.viditq.core.operators.Activation;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_shape;
import org.viditq.cpp.bridge.viditq_strided;

/** Nonlinearities and arithmetic. */
final class NativePointwise {
  private final NativeContext context;
  private final NativeMemory memory;
  // Operands of calls, one at a time; to allocate them anew would take as long as small calls.
  private final viditq_strided left = new viditq_strided();
  private final viditq_strided right = new viditq_strided();
  private final viditq_shape result = new viditq_shape();

  NativePointwise(NativeContext context, NativeMemory memory) {
    this.context = context;
    this.memory = memory;
  }

  /** The C interface's number of an activation. */
  static int code(Activation activation) {
    return switch (activation) {
      case NONE -> Bridge.VIDITQ_NO_ACTIVATION;
      case SILU -> Bridge.VIDITQ_SILU;
      case GELU_TANH -> Bridge.VIDITQ_GELU_TANH;
      case GELU_ERF -> Bridge.VIDITQ_GELU_ERF;
      case RELU -> Bridge.VIDITQ_RELU;
    };
  }

  NativeTensor activate(NativeTensor x, Activation activation) {
    NativeTensor out = memory.allocate(x.shape());
    if (x.shape().size() > 0) {
      int status =
          Bridge.viditq_activate(
              context.handle(), x.data(), x.shape().size(), code(activation), out.data());
      NativeLibrary.check(status, "activation of " + x.shape());
    }
    return out;
  }

  NativeTensor scale(NativeTensor x, float factor) {
    NativeTensor out = memory.allocate(x.shape());
    if (x.shape().size() > 0) {
      int status =
          Bridge.viditq_scale(context.handle(), x.data(), x.shape().size(), factor, out.data());
      NativeLibrary.check(status, "scale of " + x.shape());
    }
    return out;
  }

  NativeTensor add(NativeTensor a, NativeTensor b) {
    return combine("add", Bridge.VIDITQ_ADD, a, b);
  }

  NativeTensor multiply(NativeTensor a, NativeTensor b) {
    return combine("multiply", Bridge.VIDITQ_MULTIPLY, a, b);
  }

  private NativeTensor combine(String operator, int operation, NativeTensor a, NativeTensor b) {
    Shape shape = ResultShapes.together(operator, a.shape(), b.shape());
    NativeTensor out = memory.allocate(shape);
    if (shape.size() > 0) {
      int status =
          Bridge.viditq_combine(
              context.handle(),
              operation,
              Steps.strided(left, a, Steps.broadcast(a.shape(), shape)),
              Steps.strided(right, b, Steps.broadcast(b.shape(), shape)),
              Steps.shape(result, shape),
              out.data());
      NativeLibrary.check(status, operator + " of " + a.shape() + " and " + b.shape());
    }
    return out;
  }
}
