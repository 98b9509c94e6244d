package org.viditq.onnx;

import org.viditq.core.operators.Activation;
import org.viditq.core.operators.ResultShapes;

/** Operators on each element. */
final class PointwiseLowering {
  private final GraphRecorder recorder;

  PointwiseLowering(GraphRecorder recorder) {
    this.recorder = recorder;
  }

  /** An operator of two operands that broadcast together; the result has the type of both. */
  OnnxValue combine(String operator, OnnxValue a, OnnxValue b) {
    return recorder
        .node(operator)
        .inputs(a, b)
        .result(a.type(), ResultShapes.together(operator, a.shape(), b.shape()));
  }

  /** An operator on each element; the result has the operand's type. */
  OnnxValue unary(String operator, OnnxValue x) {
    return recorder.node(operator).inputs(x).result(x.type(), x.shape());
  }

  /** x itself where it has the type. */
  OnnxValue cast(OnnxValue x, ElementType type) {
    if (x.type() == type) {
      return x;
    }
    return recorder.node("Cast").inputs(x).attribute("to", type.code()).result(type, x.shape());
  }

  OnnxValue scale(OnnxValue x, float factor) {
    return combine("Mul", x, recorder.scalar(factor, x.type()));
  }

  OnnxValue activate(OnnxValue x, Activation activation) {
    return switch (activation) {
      case NONE -> x;
      case SILU -> combine("Mul", x, recorder.node("Sigmoid").inputs(x).result(x.shape()));
      case GELU_TANH -> gelu(x, "tanh");
      case GELU_ERF -> gelu(x, "none");
      case RELU -> recorder.node("Relu").inputs(x).result(x.shape());
    };
  }

  private OnnxValue gelu(OnnxValue x, String approximation) {
    return recorder
        .node("Gelu")
        .inputs(x)
        .attribute("approximate", approximation)
        .result(x.shape());
  }
}
