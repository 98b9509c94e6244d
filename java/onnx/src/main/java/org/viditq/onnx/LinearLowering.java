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
class LinearLowering {
  private final GraphRecorder recorder;
  private final OnnxOptions.LinearForm form;
  private final PointwiseLowering pointwise;
  private final TensorQuantizer tensorQuantizer;
  private final ActivationQuantizer activationQuantizer;
  private final RotationLowering rotations;
  private final Map<Linear, Optional<OnnxValue>> biases = new IdentityHashMap<>();
  private double timestep;

  LinearLowering(
      GraphRecorder recorder,
      OnnxOptions.LinearForm form,
      PointwiseLowering pointwise,
      ShapeLowering shapes) {
    this.recorder = recorder;
    this.form = form;
    this.pointwise = pointwise;
    this.tensorQuantizer = new TensorQuantizer(recorder);
    this.activationQuantizer = new ActivationQuantizer(recorder, pointwise);
    this.rotations = new RotationLowering(recorder, pointwise, shapes);
  }

  Linear prepare(LinearParameters parameters) {
    LayerChecks.require(parameters);
    OnnxLinear layer =
        parameters instanceof DenseLinearParameters dense
            ? prepare(dense)
            : quantized((QuantizedLinearParameters) parameters);
    biases.put(layer, layer instanceof PluginLayer ? Optional.empty() : bias(parameters));
    return layer;
  }

  private Optional<OnnxValue> bias(LinearParameters parameters) {
    return parameters
        .bias()
        .map(
            bias ->
                recorder.constant(
                    parameters.name() + ".bias", new TensorConstant(bias, recorder.real())));
  }

  OnnxLinear quantized(QuantizedLinearParameters parameters) {
    return new QuantizedLinear(recorder, pointwise, rotations, activationQuantizer, parameters);
  }

  private OnnxLinear prepare(DenseLinearParameters parameters) {
    return switch (form) {
      case FLOAT32 -> new FloatLinear(recorder, parameters);
      case DYNAMIC_INT8 -> new DynamicInt8Linear(recorder, pointwise, tensorQuantizer, parameters);
    };
  }

  void selectTimestep(double timestep) {
    this.timestep = timestep;
  }

  OnnxValue apply(OnnxValue x, Linear layer, Epilogue<OnnxValue> epilogue) {
    requireOwn(layer);
    LinearParameters parameters = layer.parameters();
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
    return finish(y, parameters.name(), epilogue);
  }

  /**
   * @throws BackendException if somebody else has prepared it
   */
  void requireOwn(Linear layer) {
    if (!biases.containsKey(layer)) {
      throw new BackendException(
          "Layer "
              + layer.parameters().name()
              + " was prepared by another backend than this ONNX graph.");
    }
  }

  /**
   * The epilogue behind a product with its bias.
   *
   * @param layer name for nodes
   */
  OnnxValue finish(OnnxValue product, String layer, Epilogue<OnnxValue> epilogue) {
    OnnxValue y = pointwise.activate(product, epilogue.activation());
    if (epilogue.gate().isPresent()) {
      y = pointwise.combine("Mul", y, epilogue.gate().get());
    }
    if (epilogue.residual().isPresent()) {
      y = pointwise.combine("Add", y, epilogue.residual().get());
    }
    return y;
  }
}
