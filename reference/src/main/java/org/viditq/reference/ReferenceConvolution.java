package org.viditq.reference;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.LayerChecks;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Convolution over one to three spatial axes: a matrix product over unfolded windows. */
final class ReferenceConvolution {
  private final Workers workers;
  private final WeightCache cache;

  ReferenceConvolution(Workers workers, WeightCache cache) {
    this.workers = workers;
    this.cache = cache;
  }

  private record Prepared(ConvolutionParameters parameters, TransposedWeight weight)
      implements Convolution {}

  Convolution prepare(ConvolutionParameters parameters) {
    LayerChecks.require(parameters);
    return new Prepared(parameters, TransposedWeight.of(parameters.weight()));
  }

  Tensor convolution(Tensor x, Convolution layer) {
    ConvolutionParameters parameters = layer.parameters();
    return compute("convolution", x, layer, parameters.padAfter());
  }

  /** Tokens [B, tokens, Cout] of patches; each axis is padded at its end to whole patches. */
  Tensor patchEmbedding(Tensor x, Convolution layer) {
    ConvolutionParameters parameters = layer.parameters();
    int[] padAfter = ResultShapes.patchPadding(parameters, x.shape());
    Tensor planes = compute("patchEmbedding", x, layer, padAfter);
    int batch = planes.dim(0);
    int channels = planes.dim(1);
    int tokens = Arrays.stream(planes.shape().toArray()).skip(2).reduce(1, (a, b) -> a * b);
    return ShapeMoves.permute(planes.reshape(batch, channels, tokens), 0, 2, 1);
  }

  private Tensor compute(String operator, Tensor x, Convolution layer, int[] padAfter) {
    ConvolutionParameters parameters = layer.parameters();
    if (!(layer instanceof Prepared prepared)) {
      throw new BackendException(
          "Convolution " + parameters.name() + " was prepared by another backend than reference.");
    }
    Shape shape = ResultShapes.convolution(operator, parameters, x.shape(), padAfter);
    Windows windows =
        Windows.of(x, kernel(parameters), parameters.stride(), parameters.padBefore(), padAfter);
    int outChannels = parameters.outChannels();
    float[] out = new float[shape.size()];
    float[] bias = parameters.bias().map(Tensor::data).orElseGet(() -> new float[outChannels]);
    DMatrixRMaj weight = cache.get(prepared.weight());
    int positions = windows.positions();
    BlockedProduct.compute(
        workers,
        x.dim(0) * positions,
        weight,
        (from, to, block) -> {
          for (int row = from; row < to; row++) {
            windows.unfold(row / positions, row % positions, block, (row - from) * weight.numRows);
          }
        },
        (from, to, product) -> {
          for (int row = from; row < to; row++) {
            int plane = row / positions * outChannels;
            for (int o = 0; o < outChannels; o++) {
              double y = product[(row - from) * outChannels + o] + bias[o];
              out[(plane + o) * positions + row % positions] = (float) y;
            }
          }
        });
    return Tensor.of(shape, out);
  }

  private static int[] kernel(ConvolutionParameters parameters) {
    int[] weight = parameters.weight().shape().toArray();
    return Arrays.copyOfRange(weight, 2, weight.length);
  }
}
