package org.viditq.cpp;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.LayerChecks;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_convolution_operands;

/** Convolutions and patch embeddings over one to three spatial axes. */
final class NativeConvolution implements AutoCloseable {
  private final NativeContext context;
  private final NativeMemory memory;
  private final NativeMoves moves;
  // Of one call at a time; to allocate it anew would take as long as a small call.
  private final viditq_convolution_operands operands = new viditq_convolution_operands();
  private final List<ConvolutionLayer> layers = new ArrayList<>();

  NativeConvolution(NativeContext context, NativeMemory memory, NativeMoves moves) {
    this.context = context;
    this.memory = memory;
    this.moves = moves;
  }

  Convolution prepare(ConvolutionParameters parameters) {
    context.handle(); // refuses a closed backend
    LayerChecks.require(parameters);
    ConvolutionLayer layer = new ConvolutionLayer(parameters);
    layers.add(layer);
    return layer;
  }

  NativeTensor convolution(NativeTensor x, Convolution layer) {
    return compute("convolution", x, layer, layer.parameters().padAfter());
  }

  /** Tokens [B, tokens, Cout] of patches; each axis is padded at its end to whole patches. */
  NativeTensor patchEmbedding(NativeTensor x, Convolution layer) {
    int[] padding = ResultShapes.patchPadding(layer.parameters(), x.shape());
    try (NativeTensor planes = compute("patchEmbedding", x, layer, padding)) {
      Shape shape = planes.shape();
      int tokens = 1;
      for (int axis = 2; axis < shape.rank(); axis++) {
        tokens *= shape.dim(axis);
      }
      try (NativeTensor rows = moves.reshape(planes, shape.dim(0), shape.dim(1), tokens)) {
        return moves.permute(rows, 0, 2, 1);
      }
    }
  }

  private NativeTensor compute(String operator, NativeTensor x, Convolution layer, int[] padAfter) {
    ConvolutionParameters parameters = layer.parameters();
    if (!(layer instanceof ConvolutionLayer own)) {
      throw new BackendException(
          "Convolution " + parameters.name() + " was prepared by another backend than native.");
    }
    Shape shape = ResultShapes.convolution(operator, parameters, x.shape(), padAfter);
    NativeTensor out = memory.allocate(shape);
    if (shape.size() == 0 || x.shape().size() == 0) {
      return out;
    }
    long[] extents = ConvolutionLayer.threeAxes(spatial(x.shape()), 1);
    long[] stride = ConvolutionLayer.threeAxes(parameters.stride(), 1);
    long[] before = ConvolutionLayer.threeAxes(parameters.padBefore(), 0);
    long[] after = ConvolutionLayer.threeAxes(padAfter, 0);
    for (int axis = 0; axis < extents.length; axis++) {
      operands
          .extents(axis, extents[axis])
          .stride(axis, stride[axis])
          .before(axis, before[axis])
          .after(axis, after[axis]);
    }
    int status =
        Bridge.viditq_convolve(
            context.handle(),
            own.handle(),
            operands.x(x.data()).batch(shape.dim(0)).in(parameters.inChannels()).bias(own.bias()),
            out.data());
    NativeLibrary.check(status, operator + " " + parameters.name() + " of " + x.shape());
    return out;
  }

  private static int[] spatial(Shape x) {
    int[] dims = x.toArray();
    int[] spatial = new int[dims.length - 2];
    System.arraycopy(dims, 2, spatial, 0, spatial.length);
    return spatial;
  }

  /** Releases all layers; idempotent. */
  @Override
  public void close() {
    layers.forEach(ConvolutionLayer::close);
  }
}
