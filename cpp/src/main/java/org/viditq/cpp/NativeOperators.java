package org.viditq.cpp;

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
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Precision;
import org.viditq.core.operators.Scope;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * The operator contract on C++ kernels. Shapes are checked here, everything once more in C++. Each
 * group of operators lives in the class of its idea.
 *
 * <p>One caller at a time; the kernels themselves compute with several threads.
 */
public final class NativeOperators implements Operators<NativeTensor>, IntegerOperators {
  private final NativeContext context;
  private final NativeMemory memory = new NativeMemory();
  private final NativeIntegerOperators integers;
  private final NativeLinear linear;
  private final NativeConvolution convolution;
  private final NativeNormalization normalization;
  private final NativePointwise pointwise;
  private final NativeAttention attention;
  private final NativeSelfAttention selfAttention;
  private final NativeEmbeddings embeddings;
  private final NativeMoves moves;
  private double timestep;

  /**
   * @param threads at least 1; results do not depend on it
   * @throws org.viditq.core.error.BackendException if the library or the threads cannot be had
   */
  public NativeOperators(int threads, InstructionSet isa) {
    this(threads, isa, Precision.FP32);
  }

  /**
   * @param threads at least 1; results do not depend on it
   * @param precision of full-precision linear layers
   * @throws org.viditq.core.error.BackendException if the library or the threads cannot be had;
   *     {@link #prepare(LinearParameters)} throws it where the processor lacks the precision
   */
  public NativeOperators(int threads, InstructionSet isa, Precision precision) {
    context = new NativeContext(threads, isa);
    integers = new NativeIntegerOperators(context);
    pointwise = new NativePointwise(context, memory);
    moves = new NativeMoves(context, memory);
    linear = new NativeLinear(context, memory, pointwise, precision);
    convolution = new NativeConvolution(context, memory, moves);
    normalization = new NativeNormalization(context, memory);
    attention = new NativeAttention(context, memory);
    selfAttention = new NativeSelfAttention(context, memory, linear, attention, moves);
    embeddings = new NativeEmbeddings(context, memory);
  }

  @Override
  public NativeTensor constant(Tensor tensor) {
    return memory.allocate(tensor.shape()).fill(tensor);
  }

  @Override
  public Tensor read(NativeTensor value) {
    return value.read();
  }

  @Override
  public Shape shape(NativeTensor value) {
    return value.shape();
  }

  @Override
  public Scope<NativeTensor> scope() {
    return memory.scope();
  }

  /** Bytes that values take now, and memory that waits to be used again. */
  public long activationBytes() {
    return memory.bytes();
  }

  @Override
  public Linear prepare(LinearParameters parameters) {
    return linear.prepare(parameters);
  }

  @Override
  public Convolution prepare(ConvolutionParameters parameters) {
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
  public NativeTensor linear(NativeTensor x, Linear layer, Epilogue<NativeTensor> epilogue) {
    return linear(LinearInput.of(x), layer, epilogue);
  }

  @Override
  public NativeTensor linear(
      LinearInput<NativeTensor> x, Linear layer, Epilogue<NativeTensor> epilogue) {
    return linear.apply(new NativeInput(this, x), layer, epilogue, timestep);
  }

  @Override
  public List<NativeTensor> linears(NativeTensor x, List<Linear> layers) {
    return linears(LinearInput.of(x), layers);
  }

  @Override
  public List<NativeTensor> linears(LinearInput<NativeTensor> x, List<Linear> layers) {
    return linear.applyAll(new NativeInput(this, x), layers, timestep);
  }

  @Override
  public NativeTensor feedForward(
      LinearInput<NativeTensor> x,
      Linear up,
      Activation activation,
      Linear down,
      Epilogue<NativeTensor> epilogue) {
    return linear.keepsCodesBetween(up, down, timestep)
        ? linear.feedForward(new NativeInput(this, x), up, activation, down, epilogue, timestep)
        : Operators.super.feedForward(x, up, activation, down, epilogue);
  }

  @Override
  public NativeTensor selfAttention(
      LinearInput<NativeTensor> x,
      List<Linear> projections,
      int heads,
      float scale,
      AttentionPrecision precision) {
    return selfAttention.serves(projections, timestep)
        ? selfAttention.compute(
            new NativeInput(this, x), projections, heads, scale, precision, timestep)
        : Operators.super.selfAttention(x, projections, heads, scale, precision);
  }

  @Override
  public NativeTensor convolution(NativeTensor x, Convolution layer) {
    return convolution.convolution(x, layer);
  }

  @Override
  public NativeTensor layerNorm(
      NativeTensor x, Optional<NativeTensor> gamma, Optional<NativeTensor> beta, float eps) {
    return normalization.layerNorm(x, gamma, beta, eps);
  }

  @Override
  public NativeTensor layerNormModulate(
      NativeTensor x, NativeTensor shift, NativeTensor scale, float eps) {
    return normalization.layerNormModulate(x, shift, scale, eps);
  }

  @Override
  public NativeTensor rmsNorm(NativeTensor x, NativeTensor weight, float eps) {
    return normalization.rmsNorm(x, weight, eps);
  }

  @Override
  public NativeTensor groupNorm(
      NativeTensor x, NativeTensor gamma, NativeTensor beta, int groups, float eps) {
    return normalization.groupNorm(x, gamma, beta, groups, eps);
  }

  @Override
  public NativeTensor activate(NativeTensor x, Activation activation) {
    return pointwise.activate(x, activation);
  }

  @Override
  public NativeTensor add(NativeTensor a, NativeTensor b) {
    return pointwise.add(a, b);
  }

  @Override
  public NativeTensor multiply(NativeTensor a, NativeTensor b) {
    return pointwise.multiply(a, b);
  }

  @Override
  public NativeTensor scale(NativeTensor x, float factor) {
    return pointwise.scale(x, factor);
  }

  @Override
  public NativeTensor attention(
      NativeTensor q,
      NativeTensor k,
      NativeTensor v,
      int heads,
      float scale,
      Optional<NativeTensor> bias,
      AttentionPrecision precision) {
    return attention.attention(q, k, v, heads, scale, bias, precision);
  }

  @Override
  public NativeTensor attentionPacked(
      NativeTensor q,
      NativeTensor k,
      NativeTensor v,
      int heads,
      float scale,
      int[] lengths,
      AttentionPrecision precision) {
    return attention.attentionPacked(q, k, v, heads, scale, lengths, precision);
  }

  @Override
  public NativeTensor rotary(NativeTensor x, NativeTensor cos, NativeTensor sin) {
    return embeddings.rotary(x, cos, sin);
  }

  @Override
  public NativeTensor embedding(NativeTensor table, int[] indices) {
    return embeddings.rows(table, indices);
  }

  @Override
  public NativeTensor timestepEmbedding(
      NativeTensor timesteps, int dimension, boolean flip, float shift) {
    return embeddings.timesteps(timesteps, dimension, flip, shift);
  }

  @Override
  public NativeTensor patchEmbedding(NativeTensor x, Convolution projection) {
    return convolution.patchEmbedding(x, projection);
  }

  @Override
  public NativeTensor reshape(NativeTensor x, int... dims) {
    return moves.reshape(x, dims);
  }

  @Override
  public NativeTensor permute(NativeTensor x, int... permutation) {
    return moves.permute(x, permutation);
  }

  @Override
  public NativeTensor concat(List<NativeTensor> parts, int axis) {
    return moves.concat(parts, axis);
  }

  @Override
  public NativeTensor slice(NativeTensor x, int axis, int from, int to) {
    return moves.slice(x, axis, from, to);
  }

  @Override
  public NativeTensor broadcast(NativeTensor x, int... dims) {
    return moves.broadcast(x, dims);
  }

  @Override
  public NativeTensor upsampleNearest2x(NativeTensor x) {
    return moves.upsampleNearest2x(x);
  }

  @Override
  public QuantizedActivations quantize(Tensor x, ActivationQuantization scheme) {
    return integers.quantize(x, scheme);
  }

  @Override
  public int[] accumulate(QuantizedActivations a, QuantizedWeight w) {
    return integers.accumulate(a, w);
  }

  @Override
  public void releaseIdleMemory() {
    memory.releaseIdle();
  }

  @Override
  public void close() {
    linear.close();
    convolution.close();
    memory.close();
    integers.close();
    context.close();
  }
}
