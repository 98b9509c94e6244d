package org.viditq.onnx;

import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.tensor.Shape;

/** A product with the transposed weight. */
final class FloatLinear implements OnnxLinear {
  private final GraphRecorder recorder;
  private final DenseLinearParameters parameters;
  private final OnnxValue weight;

  FloatLinear(GraphRecorder recorder, DenseLinearParameters parameters) {
    this.recorder = recorder;
    this.parameters = parameters;
    this.weight =
        recorder.constant(
            parameters.name() + ".weight",
            new TransposedWeight(parameters.weight(), recorder.real()));
  }

  @Override
  public DenseLinearParameters parameters() {
    return parameters;
  }

  @Override
  public OnnxValue product(OnnxValue x, Shape result, double timestep) {
    return recorder.node("MatMul").of(parameters.name()).inputs(x, weight).result(result);
  }
}
