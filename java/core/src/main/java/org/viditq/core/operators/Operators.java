package org.viditq.core.operators;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * The operator contract: the operations that kernels really have, written once for every backend.
 *
 * <p>{@code V} is the backend's value: a tensor where the backend computes at once, a node of a
 * graph where it records. Values are immutable. All are float32, dense, row-major. Unless stated
 * otherwise the last axis is the channel axis, C channels, and B is the batch.
 *
 * <p>Every method checks its operands and throws {@link org.viditq.core.error.ShapeException}
 * naming the operator and the shapes. The Javadoc here is the specification that backends are
 * tested against; where a float result depends on the order of summation, the reference backend
 * (float64 accumulation) is the judge.
 */
public interface Operators<V> extends AutoCloseable {

  // ---- values ---------------------------------------------------------------------------------

  /** Brings a tensor to the backend. */
  V constant(Tensor tensor);

  /**
   * Brings a value back; only for backends that compute at once.
   *
   * @throws org.viditq.core.error.BackendException if the backend records
   */
  Tensor read(V value);

  /**
   * Whether operators compute when they are called, so that {@link #read} gives what they computed;
   * false where they record.
   */
  default boolean computesAtOnce() {
    return true;
  }

  /** A table that depends on extents: by default {@link #constant} of its values. */
  default V table(PositionTable table) {
    return constant(table.tensor());
  }

  /** Extents of a value, known without computing it. */
  Shape shape(V value);

  /**
   * Opens a scope: values made from now on are released when it is closed, but for those that
   * {@link Scope#keep} hands to the scope around it. Scopes nest and are closed in reverse order.
   * Values made outside every scope live until {@link #close()}. Whoever evaluates a model many
   * times opens one per evaluation; models open one per block, so that working memory does not grow
   * with depth. The default releases nothing.
   */
  default Scope<V> scope() {
    return Scope.unlimited();
  }

  // ---- layers ---------------------------------------------------------------------------------

  /**
   * Prepares a linear layer; released by {@link #close()}.
   *
   * @throws org.viditq.core.error.NonFiniteException if weight, bias or a scale holds NaN or
   *     infinity, or x would be divided by a scale that is not above 0, naming the layer
   */
  Linear prepare(LinearParameters parameters);

  /** Prepares a convolution; released by {@link #close()}. */
  Convolution prepare(ConvolutionParameters parameters);

  /**
   * Sets the diffusion timestep (0 to 1000) of the calls that follow: quantized layers switch to
   * the weight set of its range. Call it once per denoiser evaluation, before it.
   */
  void selectTimestep(double timestep);

  /**
   * out = residual + gate * act(x W^T + b), x [.., K], result [.., N].
   *
   * <p>Quantized layers: x' = x / s per channel where balanced, codes of x' by the layer's {@link
   * org.viditq.core.quant.ActivationQuantization}, exact integer product with the weight codes of
   * the selected timestep range, then y = Δa Δw Σ(qa - za)(qw - zw) + b. The floating-point
   * epilogue is float32 or better.
   *
   * @throws org.viditq.core.error.NonFiniteException if a quantized layer's input holds NaN or
   *     infinity, or has a range beyond float32, naming the layer
   */
  V linear(V x, Linear layer, Epilogue<V> epilogue);

  /** {@link #linear(Object, Linear, Epilogue)} without epilogue. */
  default V linear(V x, Linear layer) {
    return linear(x, layer, Epilogue.none());
  }

  /**
   * Several layers on one input (q, k and v), so that a backend can quantize it once.
   *
   * @return one result per layer, in order
   */
  default List<V> linears(V x, List<Linear> layers) {
    List<V> results = new ArrayList<>(layers.size());
    for (Linear layer : layers) {
      results.add(linear(x, layer));
    }
    return results;
  }

  /**
   * {@link #linear(Object, Linear, Epilogue)} of an input that is computed on its way: what {@link
   * LinearInput#value} followed by the layer gives, which is what the default does.
   */
  default V linear(LinearInput<V> x, Linear layer, Epilogue<V> epilogue) {
    return linear(x.value(this), layer, epilogue);
  }

  /** {@link #linears(Object, List)} of an input that is computed on its way. */
  default List<V> linears(LinearInput<V> x, List<Linear> layers) {
    return linears(x.value(this), layers);
  }

  /**
   * out = residual + gate * act'(act(x U^T + b) D^T + c): two layers with an activation between
   * them, the epilogue being that of the second. The result is that of two calls of {@code linear},
   * which is what the default makes; a backend may keep what lies between the layers in the form
   * that the second one multiplies with.
   *
   * @param x [.., up.in]
   * @param down its input extent is up's output extent
   * @return [.., down.out]
   * @throws org.viditq.core.error.NonFiniteException naming the layer whose input holds NaN or
   *     infinity, if that layer is quantized
   */
  default V feedForward(
      LinearInput<V> x, Linear up, Activation activation, Linear down, Epilogue<V> epilogue) {
    return linear(linear(x, up, Epilogue.activation(activation)), down, epilogue);
  }

  /**
   * {@link #attention} without bias of q, k and v that layers make of one input, within each of its
   * sequences ({@link LinearInput#sequences()}). The result is that of {@link #linears(LinearInput,
   * List)} and {@code attention}, which is what the default calls; a backend need not have q, k and
   * v of all sequences in memory at a time.
   *
   * @param x [B, N, C]
   * @param projections those of q [B, N, H*D], k [B, N, H*D] and v [B, N, H*Dv], in this order; or
   *     one layer whose outputs are the three, of H*D channels each
   * @param scale usually 1/sqrt(D)
   * @return [B, N, H*Dv]
   * @param precision of attention
   * @throws org.viditq.core.error.NonFiniteException as {@link #linear(Object, Linear, Epilogue)}
   */
  default V selfAttention(
      LinearInput<V> x,
      List<Linear> projections,
      int heads,
      float scale,
      AttentionPrecision precision) {
    Shape shape =
        ResultShapes.selfAttention(
            x.shape(this),
            x.sequences(),
            projections.stream().map(Linear::parameters).toList(),
            heads);
    try (Scope<V> scope = scope()) {
      List<V> parts = new ArrayList<>();
      for (V part : linears(x, projections)) {
        parts.addAll(inSequences(part, x.sequences(), 3 / projections.size()));
      }
      V attended =
          attention(
              parts.get(0), parts.get(1), parts.get(2), heads, scale, Optional.empty(), precision);
      return scope.keep(x.sequences() == 1 ? attended : reshape(attended, shape.toArray()));
    }
  }

  /** {@link #selfAttention(LinearInput, List, int, float, AttentionPrecision)} in float32. */
  default V selfAttention(LinearInput<V> x, List<Linear> projections, int heads, float scale) {
    return selfAttention(x, projections, heads, scale, AttentionPrecision.FP32);
  }

  /** The {@code parts} equal blocks of channels of x [B, N, C], each sequence as a sample. */
  private List<V> inSequences(V x, int sequences, int parts) {
    V divided =
        sequences == 1 ? x : reshape(x, ResultShapes.sequences(shape(x), sequences).toArray());
    if (parts == 1) {
      return List.of(divided);
    }
    int channels = shape(x).dim(2) / parts;
    List<V> blocks = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      blocks.add(slice(divided, 2, i * channels, (i + 1) * channels));
    }
    return blocks;
  }

  /**
   * Convolution (cross-correlation, as in PyTorch) of x [B, Cin, spatial...] with zero padding;
   * result [B, Cout, (extent + padBefore + padAfter - k) / stride + 1 ...].
   */
  V convolution(V x, Convolution layer);

  // ---- normalization --------------------------------------------------------------------------

  /**
   * LayerNorm over the last axis: (x - mean) / sqrt(var + eps) with the biased variance, then *
   * gamma + beta where given ([C] each).
   */
  V layerNorm(V x, Optional<V> gamma, Optional<V> beta, float eps);

  /**
   * adaLN: LayerNorm without affine, then n * (1 + scale) + shift. x [B, N, C], shift and scale [B
   * or 1, 1, C]. Peebles and Xie, "Scalable Diffusion Models with Transformers", section 3.2.
   */
  V layerNormModulate(V x, V shift, V scale, float eps);

  /** T5 RMSNorm over the last axis: x / sqrt(mean(x²) + eps) * weight; no mean, no bias. */
  V rmsNorm(V x, V weight, float eps);

  /**
   * GroupNorm of x [B, C, spatial...]: mean and biased variance over C/groups channels and all
   * spatial positions, then * gamma[c] + beta[c].
   */
  V groupNorm(V x, V gamma, V beta, int groups, float eps);

  // ---- pointwise ------------------------------------------------------------------------------

  /** The activation of every element; same shape. Its formula is that of the constant. */
  V activate(V x, Activation activation);

  /** a + b with NumPy broadcasting. */
  V add(V a, V b);

  /** a * b with NumPy broadcasting. */
  V multiply(V a, V b);

  /** x * factor. */
  V scale(V x, float factor);

  // ---- attention ------------------------------------------------------------------------------

  /**
   * softmax(scale * q k^T + bias) v per head; heads are contiguous slices of the channel axis.
   *
   * @param q [B, N, H*D]
   * @param k [B, S, H*D]
   * @param v [B, S, H*Dv]
   * @param scale usually 1/sqrt(D); 1 for T5
   * @param bias added to the scores, broadcast to [B, H, N, S]: rank 4 with each extent matching or
   *     1 (a padding mask is [B, 1, 1, S] of 0 and -10000)
   * @param precision what the products multiply
   * @return [B, N, H*Dv]
   * @throws ShapeException also if a head is too wide for {@link AttentionPrecision#INT8}
   */
  V attention(
      V q, V k, V v, int heads, float scale, Optional<V> bias, AttentionPrecision precision);

  /**
   * {@link #attention(Object, Object, Object, int, float, Optional, AttentionPrecision)} in FP32.
   */
  default V attention(V q, V k, V v, int heads, float scale, Optional<V> bias) {
    return attention(q, k, v, heads, scale, bias, AttentionPrecision.FP32);
  }

  /**
   * Cross attention on packed text, as the original PixArt and Open-Sora code does: k and v [1,
   * sum(lengths), C] hold the valid tokens of all samples one after the other, and sample i of q
   * [B, N, C] attends only to its own lengths[i] rows.
   *
   * @param precision as of {@link #attention(Object, Object, Object, int, float, Optional,
   *     AttentionPrecision)}
   */
  V attentionPacked(
      V q, V k, V v, int heads, float scale, int[] lengths, AttentionPrecision precision);

  /** The same in float32. */
  default V attentionPacked(V q, V k, V v, int heads, float scale, int[] lengths) {
    return attentionPacked(q, k, v, heads, scale, lengths, AttentionPrecision.FP32);
  }

  /**
   * Rotary embedding of x [B, N, H, D] on neighbouring pairs: (x0, x1) becomes (x0 cos - x1 sin, x1
   * cos + x0 sin), cos and sin [N, D]. Su et al., "RoFormer", section 3.4.2.
   */
  V rotary(V x, V cos, V sin);

  // ---- embeddings -----------------------------------------------------------------------------

  /** Rows of table [vocabulary, C] by index; result [indices.length, C]. */
  V embedding(V table, int[] indices);

  /**
   * Rows of a table by indices that are an input of the model: what {@link #embedding} gives for
   * them, result [n, C].
   *
   * @param table [vocabulary, C]
   * @param indices [n], whole numbers from 0 to vocabulary - 1
   * @throws ShapeException if an index that is known is no row of the table
   */
  default V embeddingOf(V table, V indices) {
    Tensor known = read(indices);
    int[] rows = new int[known.size()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (int) known.data()[i];
      if (rows[i] != known.data()[i]) {
        throw new ShapeException(
            "embedding got " + known.data()[i] + " where a whole number is needed.");
      }
    }
    return embedding(table, rows);
  }

  /**
   * Sinusoidal timestep embedding: f_i = exp(-ln(10000) i / (D/2 - shift)), i = 0..D/2-1; result
   * [B, D] is sin(t f) | cos(t f), or cos | sin if {@code flip}; for odd D one zero column at the
   * end. Computed in float32 as the published code does. DDPM (Ho et al. 2020).
   *
   * @param timesteps [B]
   */
  V timestepEmbedding(V timesteps, int dimension, boolean flip, float shift);

  /**
   * Cuts x [B, Cin, H, W] (or [B, Cin, T, H, W]) into patches of the layer's kernel, zero-padding
   * each axis at its end to a multiple, and projects each; tokens in (t,) h, w order, result [B,
   * tokens, Cout]. The layer's stride equals its kernel and it has no padding.
   */
  V patchEmbedding(V x, Convolution projection);

  // ---- shape moves ----------------------------------------------------------------------------

  /** The same elements, in row-major order, with other extents of the same product. */
  V reshape(V x, int... dims);

  /** Result axis i is axis permutation[i] of x. */
  V permute(V x, int... permutation);

  /**
   * The parts one after the other along {@code axis}, counted from 0; all other extents are equal.
   *
   * @param parts at least one
   */
  V concat(List<V> parts, int axis);

  /** Elements from (inclusive) to (exclusive) of one axis. */
  V slice(V x, int axis, int from, int to);

  /** Repeats axes of extent 1 (NumPy broadcast_to). */
  V broadcast(V x, int... dims);

  /** Nearest-neighbour upsampling by 2 of the last two axes of x [B, C, H, W]. */
  V upsampleNearest2x(V x);

  /**
   * Gives memory back that no value takes: what was used before and waits to be used again. The
   * default has none.
   */
  default void releaseIdleMemory() {}

  /** Releases everything prepared; idempotent. */
  @Override
  void close();
}
