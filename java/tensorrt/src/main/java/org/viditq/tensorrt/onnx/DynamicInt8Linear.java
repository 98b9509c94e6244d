package org.viditq.tensorrt.onnx;

import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.tensor.Shape;

/**
 * An integer product with symmetric 8-bit weights, of activations that are quantized as a whole:
 * the nodes that ONNX Runtime's quantizer makes, which ONNX Runtime then fuses into one.
 */
final class DynamicInt8Linear implements OnnxLinear {
  private final GraphRecorder recorder;
  private final DenseLinearParameters parameters;
  private final TensorQuantizer quantizer;
  private final OnnxValue codes;
  private final OnnxValue scale;

  DynamicInt8Linear(
      GraphRecorder recorder, DenseLinearParameters parameters, TensorQuantizer quantizer) {
    this.recorder = recorder;
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
  public OnnxValue product(OnnxValue x, Shape result) {
    String layer = parameters.name();
    TensorQuantizer.Quantized input = quantizer.quantize(x);
    OnnxValue sums =
        recorder
            .node("MatMulInteger")
            .of(layer)
            .inputs(input.codes(), codes, input.zeroPoint())
            .result(ElementType.INT32, result);
    OnnxValue product =
        recorder
            .node("Cast")
            .of(layer)
            .inputs(sums)
            .attribute("to", ElementType.FLOAT.code())
            .result(result);
    OnnxValue step =
        recorder.node("Mul").of(layer).inputs(input.scale(), scale).result(scale.shape());
    return recorder.node("Mul").of(layer).inputs(product, step).result(result);
  }
}
