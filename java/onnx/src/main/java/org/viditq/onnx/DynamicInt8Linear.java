package org.viditq.onnx;

import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.tensor.Shape;

/**
 * An integer product with symmetric 8-bit weights, of activations that are quantized as a whole:
 * the nodes that ONNX Runtime's quantizer makes, which ONNX Runtime then fuses into one.
 */
final class DynamicInt8Linear implements OnnxLinear {
  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final DenseLinearParameters parameters;
  private final TensorQuantizer quantizer;
  private final OnnxValue codes;
  private final OnnxValue scale;

  DynamicInt8Linear(
      GraphRecorder recorder,
      PointwiseLowering pointwise,
      TensorQuantizer quantizer,
      DenseLinearParameters parameters) {
    this.recorder = recorder;
    this.pointwise = pointwise;
    this.parameters = parameters;
    this.quantizer = quantizer;
    SymmetricWeight weight = SymmetricWeight.of(parameters.weight());
    this.codes = recorder.constant(parameters.name() + ".weight_codes", weight);
    this.scale =
        recorder.constant(parameters.name() + ".weight_scale", new TensorConstant(weight.scale()));
  }

  @Override
  public DenseLinearParameters parameters() {
    return parameters;
  }

  @Override
  public OnnxValue product(OnnxValue x, Shape result, double timestep) {
    TensorQuantizer.Quantized input = quantizer.quantize(x);
    OnnxValue sums =
        recorder
            .node("MatMulInteger")
            .of(parameters.name())
            .inputs(input.codes(), codes, input.zeroPoint())
            .result(ElementType.INT32, result);
    OnnxValue product = pointwise.cast(sums, ElementType.FLOAT);
    return pointwise.combine("Mul", product, pointwise.combine("Mul", input.scale(), scale));
  }
}
