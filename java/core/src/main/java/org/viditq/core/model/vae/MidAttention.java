package org.viditq.core.model.vae;

import java.util.List;
import java.util.Optional;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Shape;

/** Single-head attention over all pixels with a residual, as in the autoencoder's middle block. */
final class MidAttention<V> {
  private static final float EPS = 1e-6f;

  private final Operators<V> operators;
  private final Normalization<V> norm;
  private final List<Linear> queryKeyValue;
  private final Linear output;

  MidAttention(LayerLoader<V> loader, int channels, int groups) {
    this.operators = loader.operators();
    this.norm = new Normalization<>(loader, "group_norm", channels, groups, EPS);
    // Checkpoints written before diffusers 0.17 have the names of its former AttentionBlock.
    boolean former = loader.parameters().contains("query.weight");
    this.queryKeyValue =
        List.of(
            loader.linear(former ? "query" : "to_q", channels, channels),
            loader.linear(former ? "key" : "to_k", channels, channels),
            loader.linear(former ? "value" : "to_v", channels, channels));
    this.output = loader.linear(former ? "proj_attn" : "to_out.0", channels, channels);
  }

  /** x [B, C, H, W]; result likewise. */
  V forward(V x) {
    Shape shape = operators.shape(x);
    List<V> qkv = operators.linears(toTokens(norm.forward(x), shape), queryKeyValue);
    float scale = (float) (1 / Math.sqrt(shape.dim(1)));
    V attended =
        operators.attention(qkv.get(0), qkv.get(1), qkv.get(2), 1, scale, Optional.empty());
    V tokens = operators.linear(attended, output, Epilogue.residual(toTokens(x, shape)));
    return operators.reshape(operators.permute(tokens, 0, 2, 1), shape.toArray());
  }

  private V toTokens(V x, Shape shape) {
    V pixels = operators.reshape(x, shape.dim(0), shape.dim(1), shape.dim(2) * shape.dim(3));
    return operators.permute(pixels, 0, 2, 1);
  }
}
