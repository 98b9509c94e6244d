package org.viditq.onnx;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LayerChecks;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;

/** Linear layers: the product in the form that was chosen, then bias and epilogue. */
final class LinearLowering {
  private final GraphRecorder recorder;
  private final OnnxOptions.LinearForm form;
  private final PointwiseLowering pointwise;
  private final TensorQuantizer tensorQuantizer;
  private final ActivationQuantizer activationQuantizer;
  private final Map<Linear, Optional<OnnxValue>> biases = new IdentityHashMap<>();
  private double timestep;

  LinearLowering(GraphRecorder recorder, OnnxOptions.LinearForm form, PointwiseLowering pointwise) {
    this.recorder = recorder;
    this.form = form;
    this.pointwise = pointwise;
    this.tensorQuantizer = new TensorQuantizer(recorder);
    this.activationQuantizer = new ActivationQuantizer(recorder, pointwise);
  }

  Linear prepare(LinearParameters parameters) {
    LayerChecks.require(parameters);
    OnnxLinear layer =
        parameters instanceof DenseLinearParameters dense
            ? prepare(dense)
            : new QuantizedLinear(
                recorder, pointwise, activationQuantizer, (QuantizedLinearParameters) parameters);
    biases.put(
        layer,
        parameters
            .bias()
            .map(bias -> recorder.constant(parameters.name() + ".bias", new TensorConstant(bias))));
    return layer;
  }

  private OnnxLinear prepare(DenseLinearParameters parameters) {
    return switch (form) {
      case FLOAT32 -> new Float32Linear(recorder, parameters);
      case DYNAMIC_INT8 -> new DynamicInt8Linear(recorder, pointwise, tensorQuantizer, parameters);
    };
  }

  void selectTimestep(double timestep) {
    this.timestep = timestep;
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
    OnnxValue y = ((OnnxLinear) layer).product(x, result, timestep);
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
