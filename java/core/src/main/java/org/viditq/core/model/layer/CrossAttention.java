package org.viditq.core.model.layer;

import java.util.List;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/** Multi-head attention of image tokens to text tokens. */
public final class CrossAttention<V> {
  private final Operators<V> operators;
  private final Linear query;
  private final List<Linear> keyValue;
  private final Linear output;
  private final AttentionHeads heads;

  private CrossAttention(
      Operators<V> operators,
      Linear query,
      List<Linear> keyValue,
      Linear output,
      AttentionHeads heads) {
    this.operators = operators;
    this.query = query;
    this.keyValue = keyValue;
    this.output = output;
    this.heads = heads;
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
        loader.operators(),
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
        loader.operators(),
        loader.linear("q_linear", channels, channels),
        List.of(loader.linear("kv_linear", channels, 2 * channels)),
        loader.linear("proj", channels, channels),
        new AttentionHeads(channels, heads));
  }

  /** x [B, N, C]; result likewise. */
  public V forward(V x, TextTokens<V> text) {
    return forward(x, text, Epilogue.none());
  }

  /**
   * As {@link #forward(Object, TextTokens)}, with the epilogue applied to the output projection.
   */
  public V forward(V x, TextTokens<V> text, Epilogue<V> epilogue) {
    V attended;
    try (Scope<V> scope = operators.scope()) {
      attended = scope.keep(attend(operators.linear(x, query), text));
    }
    return operators.linear(attended, output, epilogue);
  }

  private V attend(V q, TextTokens<V> text) {
    List<V> kv = operators.linears(text.tokens(), keyValue);
    if (kv.size() == 1) {
      kv = Projections.split(operators, kv.get(0), heads.channels());
    }
    V k = kv.get(0);
    V v = kv.get(1);
    return text.lengths().isPresent()
        ? operators.attentionPacked(q, k, v, heads.count(), heads.scale(), text.lengths().get())
        : operators.attention(q, k, v, heads.count(), heads.scale(), text.bias());
  }
}
