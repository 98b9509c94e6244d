package org.viditq.tensorrt.onnx;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LayerChecks;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;

/** Linear layers: the product in the form that was chosen, then bias and epilogue. */
final class LinearLowering {
  private final GraphRecorder recorder;
  private final OnnxOptions.LinearForm form;
  private final PointwiseLowering pointwise;
  private final TensorQuantizer quantizer;
  private final Map<Linear, Optional<OnnxValue>> biases = new IdentityHashMap<>();

  LinearLowering(GraphRecorder recorder, OnnxOptions.LinearForm form, PointwiseLowering pointwise) {
    this.recorder = recorder;
    this.form = form;
    this.pointwise = pointwise;
    this.quantizer = new TensorQuantizer(recorder);
  }

  Linear prepare(LinearParameters parameters) {
    LayerChecks.require(parameters);
    if (!(parameters instanceof DenseLinearParameters dense)) {
      throw new BackendException(
          "Layer "
              + parameters.name()
              + " is quantized, and quantized layers cannot be exported to ONNX yet; export the"
              + " full-precision model.");
    }
    OnnxLinear layer =
        switch (form) {
          case FLOAT32 -> new Float32Linear(recorder, dense);
          case DYNAMIC_INT8 -> new DynamicInt8Linear(recorder, dense, quantizer);
        };
    biases.put(
        layer,
        dense
            .bias()
            .map(bias -> recorder.constant(dense.name() + ".bias", new TensorConstant(bias))));
    return layer;
  }

  OnnxValue apply(OnnxValue x, Linear layer, Epilogue<OnnxValue> epilogue) {
    LinearParameters parameters = layer.parameters();
    if (!biases.containsKey(layer)) {
      throw new BackendException(
          "Layer " + parameters.name() + " was prepared by another backend than this ONNX graph.");
    }
    Shape result =
        ResultShapes.linear(
            parameters,
            x.shape(),
            epilogue.gate().map(OnnxValue::shape),
            epilogue.residual().map(OnnxValue::shape));
    OnnxValue y = ((OnnxLinear) layer).product(x, result);
    if (biases.get(layer).isPresent()) {
      y = pointwise.combine("Add", y, biases.get(layer).get());
    }
    y = pointwise.activate(y, epilogue.activation());
    if (epilogue.gate().isPresent()) {
      y = pointwise.combine("Mul", y, epilogue.gate().get());
    }
    if (epilogue.residual().isPresent()) {
      y = pointwise.combine("Add", y, epilogue.residual().get());
    }
    return y;
  }
}
