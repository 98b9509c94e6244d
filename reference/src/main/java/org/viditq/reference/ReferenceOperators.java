package org.viditq.reference;

import java.util.List;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** The operator contract on tensors; each operator lives in the class of its idea. */
public final class ReferenceOperators implements Operators<Tensor>, IntegerOperators {
  private final Workers workers;
  private final WeightCache cache;
  private final TokenQuantizer quantizer;
  private final ReferenceLinear linear;
  private final ReferenceConvolution convolution;
  private final ReferenceNormalization normalization;
  private final ReferenceAttention attention;
  private double timestep;

  /**
   * @param threads at least 1; results do not depend on it
   * @param weightCacheBytes how much memory converted weights may take; layers beyond are converted
   *     for each use
   */
  public ReferenceOperators(int threads, long weightCacheBytes) {
    workers = new Workers(threads);
    cache = new WeightCache(weightCacheBytes);
    quantizer = new TokenQuantizer(workers);
    linear = new ReferenceLinear(workers, cache, quantizer);
    convolution = new ReferenceConvolution(workers, cache);
    normalization = new ReferenceNormalization(workers);
    attention = new ReferenceAttention(workers);
  }

  @Override
  public Tensor constant(Tensor tensor) {
    return tensor;
  }

  @Override
  public Tensor read(Tensor value) {
    return value;
  }

  @Override
  public Shape shape(Tensor value) {
    return value.shape();
  }

  @Override
  public Linear prepare(LinearParameters parameters) {
    workers.requireOpen();
    return linear.prepare(parameters);
  }

  @Override
  public Convolution prepare(ConvolutionParameters parameters) {
    workers.requireOpen();
    return convolution.prepare(parameters);
  }

  @Override
  public void selectTimestep(double timestep) {
    if (!Double.isFinite(timestep)) {
      throw new UsageException("The timestep is " + timestep + "; give a number from 0 to 1000.");
    }
    this.timestep = timestep;
  }

  @Override
  public Tensor linear(Tensor x, Linear layer, Epilogue<Tensor> epilogue) {
    return linear.apply(x, layer, epilogue, timestep);
  }

  @Override
  public Tensor convolution(Tensor x, Convolution layer) {
    return convolution.convolution(x, layer);
  }

  @Override
  public Tensor layerNorm(Tensor x, Optional<Tensor> gamma, Optional<Tensor> beta, float eps) {
    return normalization.layerNorm(x, gamma, beta, eps);
  }

  @Override
  public Tensor layerNormModulate(Tensor x, Tensor shift, Tensor scale, float eps) {
    return normalization.layerNormModulate(x, shift, scale, eps);
  }

  @Override
  public Tensor rmsNorm(Tensor x, Tensor weight, float eps) {
    return normalization.rmsNorm(x, weight, eps);
  }

  @Override
  public Tensor groupNorm(Tensor x, Tensor gamma, Tensor beta, int groups, float eps) {
    return normalization.groupNorm(x, gamma, beta, groups, eps);
  }

  @Override
  public Tensor activate(Tensor x, Activation activation) {
    return Nonlinearity.apply(workers, activation, x);
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return Broadcasting.combine("add", a, b, Float::sum);
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return Broadcasting.combine("multiply", a, b, (x, y) -> x * y);
  }

  @Override
  public Tensor scale(Tensor x, float factor) {
    return multiply(x, Tensor.of(new float[] {factor}));
  }

  @Override
  public Tensor attention(
      Tensor q,
      Tensor k,
      Tensor v,
      int heads,
      float scale,
      Optional<Tensor> bias,
      AttentionPrecision precision) {
    return attention.attention(q, k, v, heads, scale, bias, precision);
  }

  @Override
  public Tensor attentionPacked(
      Tensor q,
      Tensor k,
      Tensor v,
      int heads,
      float scale,
      int[] lengths,
      AttentionPrecision precision) {
    return attention.attentionPacked(q, k, v, heads, scale, lengths, precision);
  }

  @Override
  public Tensor rotary(Tensor x, Tensor cos, Tensor sin) {
    return Rotary.rotate(x, cos, sin);
  }

  @Override
  public Tensor embedding(Tensor table, int[] indices) {
    return Embeddings.rows(table, indices);
  }

  @Override
  public Tensor timestepEmbedding(Tensor timesteps, int dimension, boolean flip, float shift) {
    return Embeddings.timesteps(timesteps, dimension, flip, shift);
  }

  @Override
  public Tensor patchEmbedding(Tensor x, Convolution projection) {
    return convolution.patchEmbedding(x, projection);
  }

  @Override
  public Tensor reshape(Tensor x, int... dims) {
    return ShapeMoves.reshape(x, dims);
  }

  @Override
  public Tensor permute(Tensor x, int... permutation) {
    return ShapeMoves.permute(x, permutation);
  }

  @Override
  public Tensor concat(List<Tensor> parts, int axis) {
    return ShapeMoves.concat(parts, axis);
  }

  @Override
  public Tensor slice(Tensor x, int axis, int from, int to) {
    return ShapeMoves.slice(x, axis, from, to);
  }

  @Override
  public Tensor broadcast(Tensor x, int... dims) {
    return Broadcasting.to(x, ResultShapes.broadcast(x.shape(), dims));
  }

  @Override
  public Tensor upsampleNearest2x(Tensor x) {
    return ShapeMoves.upsampleNearest2x(x);
  }

  @Override
  public QuantizedActivations quantize(Tensor x, ActivationQuantization scheme) {
    return quantizer.quantize(x, Optional.empty(), scheme, "The tensor to quantize");
  }

  @Override
  public int[] accumulate(QuantizedActivations a, QuantizedWeight w) {
    return IntegerProduct.compute(workers, a, w);
  }

  @Override
  public void close() {
    cache.clear();
    workers.close();
  }
}
