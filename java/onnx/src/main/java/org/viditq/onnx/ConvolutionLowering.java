package org.viditq.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.LayerChecks;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;

/** Convolutions and the patch embedding. */
final class ConvolutionLowering {
  private final GraphRecorder recorder;
  private final ShapeLowering shapes;

  ConvolutionLowering(GraphRecorder recorder, ShapeLowering shapes) {
    this.recorder = recorder;
    this.shapes = shapes;
  }

  private record Prepared(
      ConvolutionParameters parameters, OnnxValue weight, Optional<OnnxValue> bias)
      implements Convolution {}

  Convolution prepare(ConvolutionParameters parameters) {
    LayerChecks.require(parameters);
    String name = parameters.name();
    return new Prepared(
        parameters,
        recorder.constant(
            name + ".weight", new FloatConstant(parameters.weight(), recorder.real())),
        parameters
            .bias()
            .map(
                bias ->
                    recorder.constant(name + ".bias", new TensorConstant(bias, recorder.real()))));
  }

  OnnxValue convolution(OnnxValue x, Convolution layer) {
    return convolve("convolution", x, layer, layer.parameters().padAfter());
  }

  OnnxValue patchEmbedding(OnnxValue x, Convolution layer) {
    int[] padding = ResultShapes.patchPadding(layer.parameters(), x.shape());
    OnnxValue patches = convolve("patchEmbedding", x, layer, padding);
    int batch = patches.shape().dim(0);
    int channels = patches.shape().dim(1);
    int tokens = 1;
    for (int axis = 2; axis < patches.shape().rank(); axis++) {
      tokens *= patches.shape().dim(axis);
    }
    return shapes.permute(shapes.reshape(patches, batch, channels, tokens), 0, 2, 1);
  }

  private OnnxValue convolve(String operator, OnnxValue x, Convolution layer, int[] padAfter) {
    ConvolutionParameters parameters = layer.parameters();
    if (!(layer instanceof Prepared prepared)) {
      throw new BackendException(
          "Convolution "
              + parameters.name()
              + " was prepared by another backend than this ONNX graph.");
    }
    Shape result = ResultShapes.convolution(operator, parameters, x.shape(), padAfter);
    List<OnnxValue> inputs = new ArrayList<>(List.of(x, prepared.weight()));
    prepared.bias().ifPresent(inputs::add);
    int[] weight = parameters.weight().shape().toArray();
    int axes = weight.length - 2;
    int[] pads = Arrays.copyOf(parameters.padBefore(), 2 * axes);
    System.arraycopy(padAfter, 0, pads, axes, axes);
    return recorder
        .node("Conv")
        .of(parameters.name())
        .inputs(inputs)
        .attribute("kernel_shape", Arrays.copyOfRange(weight, 2, weight.length))
        .attribute("strides", parameters.stride())
        .attribute("pads", pads)
        .result(result);
  }
}
