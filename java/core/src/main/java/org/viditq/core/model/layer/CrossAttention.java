package org.viditq.core.model.layer;

import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/** Multi-head attention of image tokens to text tokens. */
public final class CrossAttention<V> {
  private final Operators<V> operators;
  private final Optional<QueryKeyRotation<V>> rotation;
  private final Linear query;
  private final List<Linear> keyValue;
  private final Linear output;
  private final AttentionHeads heads;
  private final AttentionPrecision precision;

  private CrossAttention(
      LayerLoader<V> loader,
      Optional<QueryKeyRotation<V>> rotation,
      Linear query,
      List<Linear> keyValue,
      Linear output,
      AttentionHeads heads) {
    this.operators = loader.operators();
    this.rotation = rotation;
    this.query = query;
    this.keyValue = keyValue;
    this.output = output;
    this.heads = heads;
    this.precision = loader.parameters().attention().cross();
  }

  /**
   * diffusers' layout: {@code to_q}, {@code to_k}, {@code to_v}, {@code to_out.0}.
   *
   * @param textChannels channels of the text tokens
   * @param bias whether {@code to_q}, {@code to_k} and {@code to_v} must have a bias
   */
  public static <V> CrossAttention<V> diffusers(
      LayerLoader<V> loader, int channels, int textChannels, int heads, boolean bias) {
    return new CrossAttention<>(
        loader,
        Optional.empty(),
        Projections.diffusers(loader, "to_q", channels, channels, bias),
        List.of(
            Projections.diffusers(loader, "to_k", textChannels, channels, bias),
            Projections.diffusers(loader, "to_v", textChannels, channels, bias)),
        loader.linear("to_out.0", channels, channels),
        new AttentionHeads(channels, heads));
  }

  /**
   * The layout of the original PixArt and Open-Sora checkpoints: {@code q_linear}, {@code
   * kv_linear} with the rows of k before those of v, and {@code proj}.
   */
  public static <V> CrossAttention<V> original(LayerLoader<V> loader, int channels, int heads) {
    return new CrossAttention<>(
        loader,
        Optional.empty(),
        loader.linear("q_linear", channels, channels),
        List.of(loader.linear("kv_linear", channels, 2 * channels)),
        loader.linear("proj", channels, channels),
        new AttentionHeads(channels, heads));
  }

  /**
   * HunyuanDiT: diffusers' layout, with an affine LayerNorm over the head dimension on q and k
   * ({@code norm_q}, {@code norm_k}, eps 1e-6) and the rotary embedding on q alone, as text tokens
   * have no place in the picture.
   */
  public static <V> CrossAttention<V> hunyuan(
      LayerLoader<V> loader, int channels, int textChannels, int heads) {
    return new CrossAttention<>(
        loader,
        Optional.of(QueryKeyRotation.diffusers(loader, channels, heads)),
        loader.linear("to_q", channels, channels),
        List.of(
            loader.linear("to_k", textChannels, channels),
            loader.linear("to_v", textChannels, channels)),
        loader.linear("to_out.0", channels, channels),
        new AttentionHeads(channels, heads));
  }

  /**
   * As {@link #hunyuan}, in the layout of its authors: {@code q_proj}, {@code kv_proj} with the
   * rows of k before those of v, {@code q_norm}, {@code k_norm} and {@code out_proj}.
   */
  public static <V> CrossAttention<V> hunyuanOriginal(
      LayerLoader<V> loader, int channels, int textChannels, int heads) {
    return new CrossAttention<>(
        loader,
        Optional.of(QueryKeyRotation.original(loader, channels, heads)),
        loader.linear("q_proj", channels, channels),
        List.of(loader.linear("kv_proj", textChannels, 2 * channels)),
        loader.linear("out_proj", channels, channels),
        new AttentionHeads(channels, heads));
  }

  /**
   * Text without its padding, as {@link TextTokens#withoutPadding} makes it; where the layers of
   * keys and values have a grid per token index, with padding of zeros, as the published code has
   * it then.
   *
   * @param tokens [B, S, C]
   * @param mask [B, S]
   */
  public TextTokens<V> withoutPadding(V tokens, Optional<V> mask) {
    return keyValue.stream().anyMatch(Linear::hasGridPerTokenIndex)
        ? TextTokens.zeroed(operators, tokens, mask)
        : TextTokens.withoutPadding(operators, tokens, mask);
  }

  /** x [B, N, C]; result likewise. */
  public V forward(V x, TextTokens<V> text) {
    return forward(x, text, Epilogue.none());
  }

  /**
   * As {@link #forward(Object, TextTokens)}, with the epilogue applied to the output projection.
   */
  public V forward(V x, TextTokens<V> text, Epilogue<V> epilogue) {
    if (rotation.isPresent()) {
      throw new ShapeException("This attention layer needs the rotary table of its grid.");
    }
    V attended;
    try (Scope<V> scope = operators.scope()) {
      V q = operators.linear(x, query);
      List<V> kv = keysAndValues(text);
      attended = scope.keep(attend(q, kv.get(0), kv.get(1), text));
    }
    return operators.linear(attended, output, epilogue);
  }

  /**
   * HunyuanDiT's attention.
   *
   * @param cos [N, head dimension], as is {@code sin}; see {@link
   *     org.viditq.core.model.embedding.RotaryTable}
   */
  public V forward(LinearInput<V> x, TextTokens<V> text, V cos, V sin, Epilogue<V> epilogue) {
    QueryKeyRotation<V> rotate =
        rotation.orElseThrow(
            () -> new ShapeException("This attention layer has no rotary embedding."));
    V attended;
    try (Scope<V> scope = operators.scope()) {
      V q = rotate.query(operators.linear(x, query, Epilogue.none()), cos, sin);
      List<V> kv = keysAndValues(text);
      attended = scope.keep(attend(q, rotate.key(kv.get(0)), kv.get(1), text));
    }
    return operators.linear(attended, output, epilogue);
  }

  private List<V> keysAndValues(TextTokens<V> text) {
    List<V> kv = operators.linears(text.tokens(), keyValue);
    return kv.size() == 2 ? kv : Projections.split(operators, kv.get(0), heads.channels());
  }

  private V attend(V q, V k, V v, TextTokens<V> text) {
    return text.lengths().isPresent()
        ? operators.attentionPacked(
            q, k, v, heads.count(), heads.scale(), text.lengths().get(), precision)
        : operators.attention(q, k, v, heads.count(), heads.scale(), text.bias(), precision);
  }
}
