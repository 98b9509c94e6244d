package org.viditq.core.model.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/**
 * Multi-head self attention: output(softmax(q k^T / sqrt(head dimension)) v); heads are contiguous
 * slices of the channel axis.
 */
public final class SelfAttention<V> {
  private final Operators<V> operators;
  private final Optional<QueryKeyRotation<V>> rotation;
  private final List<Linear> projections;
  private final Linear output;
  private final AttentionHeads heads;
  private final AttentionPrecisions precisions;
  private final LinearLayer.Type type;

  private SelfAttention(
      LayerLoader<V> loader,
      Optional<QueryKeyRotation<V>> rotation,
      List<Linear> projections,
      Linear output,
      AttentionHeads heads) {
    this(
        loader.operators(),
        rotation,
        projections,
        output,
        heads,
        loader.parameters().attention(),
        LinearLayer.Type.SELF_ATTENTION);
  }

  private SelfAttention(
      Operators<V> operators,
      Optional<QueryKeyRotation<V>> rotation,
      List<Linear> projections,
      Linear output,
      AttentionHeads heads,
      AttentionPrecisions precisions,
      LinearLayer.Type type) {
    this.operators = operators;
    this.rotation = rotation;
    this.projections = projections;
    this.output = output;
    this.heads = heads;
    this.precisions = precisions;
    this.type = type;
  }

  /** The same layers as attention of places to themselves in other frames. */
  public SelfAttention<V> inTime() {
    return new SelfAttention<>(
        operators,
        rotation,
        projections,
        output,
        heads,
        precisions,
        LinearLayer.Type.TEMPORAL_ATTENTION);
  }

  /**
   * diffusers' layout: {@code to_q}, {@code to_k}, {@code to_v}, {@code to_out.0}.
   *
   * @param bias whether {@code to_q}, {@code to_k} and {@code to_v} must have a bias ({@code
   *     attention_bias}); the output projection always has one
   */
  public static <V> SelfAttention<V> diffusers(
      LayerLoader<V> loader, int channels, int heads, boolean bias) {
    return new SelfAttention<>(
        loader,
        Optional.empty(),
        diffusersProjections(loader, channels, bias),
        loader.linear("to_out.0", channels, channels),
        new AttentionHeads(channels, heads));
  }

  /**
   * HunyuanDiT: diffusers' layout, with an affine LayerNorm over the head dimension on q and k
   * ({@code norm_q}, {@code norm_k}, eps 1e-6) and the rotary embedding after it.
   */
  public static <V> SelfAttention<V> hunyuan(LayerLoader<V> loader, int channels, int heads) {
    return new SelfAttention<>(
        loader,
        Optional.of(QueryKeyRotation.diffusers(loader, channels, heads)),
        diffusersProjections(loader, channels, true),
        loader.linear("to_out.0", channels, channels),
        new AttentionHeads(channels, heads));
  }

  /**
   * As {@link #hunyuan}, in the layout of its authors: {@code Wqkv} with the rows of q, then k,
   * then v, {@code q_norm}, {@code k_norm} and {@code out_proj}.
   */
  public static <V> SelfAttention<V> hunyuanOriginal(
      LayerLoader<V> loader, int channels, int heads) {
    return new SelfAttention<>(
        loader,
        Optional.of(QueryKeyRotation.original(loader, channels, heads)),
        List.of(loader.linear("Wqkv", channels, 3 * channels)),
        loader.linear("out_proj", channels, channels),
        new AttentionHeads(channels, heads));
  }

  /** Open-Sora's split layout: {@code q}, {@code k}, {@code v}, {@code proj}. */
  public static <V> SelfAttention<V> split(LayerLoader<V> loader, int channels, int heads) {
    return new SelfAttention<>(
        loader,
        Optional.empty(),
        List.of(
            loader.linear("q", channels, channels),
            loader.linear("k", channels, channels),
            loader.linear("v", channels, channels)),
        loader.linear("proj", channels, channels),
        new AttentionHeads(channels, heads));
  }

  /**
   * The layout of the original PixArt and Open-Sora checkpoints: {@code qkv} with the rows of q,
   * then k, then v, and {@code proj}.
   */
  public static <V> SelfAttention<V> fused(LayerLoader<V> loader, int channels, int heads) {
    return new SelfAttention<>(
        loader,
        Optional.empty(),
        List.of(loader.linear("qkv", channels, 3 * channels)),
        loader.linear("proj", channels, channels),
        new AttentionHeads(channels, heads));
  }

  /** x [B, N, C]; result likewise. */
  public V forward(V x) {
    return forward(LinearInput.of(x), Epilogue.none());
  }

  /**
   * As {@link #forward(Object)} within each sequence of x, with the epilogue applied to the output
   * projection's result.
   */
  public V forward(LinearInput<V> x, Epilogue<V> epilogue) {
    if (rotation.isPresent()) {
      throw new ShapeException("This attention layer needs the rotary table of its grid.");
    }
    V attended =
        operators.selfAttention(x, projections, heads.count(), heads.scale(), precisions.of(type));
    return operators.linear(LinearInput.of(attended).inSequences(x.sequences()), output, epilogue);
  }

  /**
   * HunyuanDiT's attention.
   *
   * @param cos [N, head dimension], as is {@code sin}; see {@link
   *     org.viditq.core.model.embedding.RotaryTable}
   */
  public V forward(LinearInput<V> x, V cos, V sin, Epilogue<V> epilogue) {
    QueryKeyRotation<V> rotate =
        rotation.orElseThrow(
            () -> new ShapeException("This attention layer has no rotary embedding."));
    V attended;
    try (Scope<V> scope = operators.scope()) {
      List<V> qkv = project(x);
      V q = rotate.query(qkv.get(0), cos, sin);
      V k = rotate.key(qkv.get(1), cos, sin);
      attended = scope.keep(attend(q, k, qkv.get(2)));
    }
    return operators.linear(attended, output, epilogue);
  }

  /** q, k and v. */
  private List<V> project(LinearInput<V> x) {
    List<V> projected = operators.linears(x, projections);
    return projected.size() == 3
        ? projected
        : Projections.split(operators, projected.get(0), heads.channels());
  }

  private V attend(V q, V k, V v) {
    return operators.attention(
        q, k, v, heads.count(), heads.scale(), Optional.empty(), precisions.of(type));
  }

  private static <V> List<Linear> diffusersProjections(
      LayerLoader<V> loader, int channels, boolean bias) {
    List<Linear> projections = new ArrayList<>();
    for (String name : List.of("to_q", "to_k", "to_v")) {
      projections.add(Projections.diffusers(loader, name, channels, channels, bias));
    }
    return List.copyOf(projections);
  }
}
