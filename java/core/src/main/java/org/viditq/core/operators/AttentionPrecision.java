package org.viditq.core.operators;

import java.util.Locale;
import org.viditq.core.error.ShapeException;

/**
 * The numbers that the products of attention multiply, in {@link Operators#attention}. Softmax is
 * float32 in all of them. A backend that lacks one computes in {@link #FP32} and says so once.
 */
public enum AttentionPrecision {
  /** float32. */
  FP32,

  /**
   * q, k, v and the weights of softmax rounded to bfloat16 (to nearest, ties to even), sums and
   * results float32. Weights e^(x - m), m the largest score so far of the query, are rounded where
   * they are multiplied with v, and not where their sum is taken that the result is divided by.
   */
  BF16,

  /**
   * 8-bit integers: codes of q and k per token, of v per channel and block, of the weights per
   * query and block, where a block is {@link #KEYS_PER_BLOCK} keys of a sample (the last one may be
   * shorter), counted from its first. Jintao Zhang et al., "SageAttention: Accurate 8-Bit Attention
   * for Plug-and-play Inference Acceleration", 2024, from which the smoothing of k is; here P V is
   * in integers, too, and weights have a grid per block, so that what one key draws to itself does
   * not coarsen the others.
   *
   * <p>For each head of each sample, every operation below one of float32, rounded to nearest, ties
   * to even, and none fused with another:
   *
   * <ol>
   *   <li>k' = k - mean, the mean of each channel over the sample's keys, summed up in float64 in
   *       the order of keys, divided in float64, and rounded to float32
   *   <li>a row of q or k' has Δ = max(max |x| / 127, {@link
   *       org.viditq.core.quant.MinMaxGrid#MIN_SCALE}) and the codes round(x / Δ); a channel of v
   *       within a block likewise
   *   <li>S = Σ q-code * k-code, exact in int32
   *   <li>x = (S * Δk) * (Δq * c) with c = scale * 1.44269504, plus bias * 1.44269504 where there
   *       is a bias, clamped to ±2^100
   *   <li>m = the largest x of a block, t = max(x - m, -16), n = round(t), r = t - n, and the
   *       weight's code p = round(((60.79937862 r + 179.3792415) r + 255.1130012) * 2^n), 0 to 255,
   *       which is 255 * 2^t within 0.2 %
   *   <li>A = Σ p * v-code of the block, exact in int32, and L = Σ p
   * </ol>
   *
   * The result is Σ w Δv A / Σ w L over blocks with w = 2^(m - M), M being the largest m: in
   * float32 or better, compared within a tolerance.
   *
   * <p>The result of a query is NaN where its q or its bias holds NaN or q infinity, that of all
   * queries where a k does, that of a channel where a v of the channel does. Heads have at most
   * {@link #MAX_HEAD_CHANNELS} channels of q and k, up to which sums are exact on every machine.
   */
  INT8;

  /** Keys whose weights, and whose values channel by channel, share a grid. */
  public static final int KEYS_PER_BLOCK = 128;

  /** Channels of q and k per head in {@link #INT8}, at the most. */
  public static final int MAX_HEAD_CHANNELS = 1024;

  /**
   * @param channels of q and k per head
   * @throws ShapeException if heads are too wide for this precision
   */
  public void requireHead(int channels) {
    if (this == INT8 && channels > MAX_HEAD_CHANNELS) {
      throw new ShapeException(
          "Attention in int8 takes heads of up to "
              + MAX_HEAD_CHANNELS
              + " channels, not "
              + channels
              + "; leave it in fp32.");
    }
  }

  /** As plans have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
