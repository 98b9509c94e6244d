package org.viditq.core.model;

import org.viditq.core.operators.AttentionPrecision;

/**
 * The precision of each kind of attention in a denoiser.
 *
 * @param self within a picture or a frame
 * @param temporal of a place to itself in other frames
 * @param cross to the text
 */
public record AttentionPrecisions(
    AttentionPrecision self, AttentionPrecision temporal, AttentionPrecision cross) {
  /** float32 throughout. */
  public static final AttentionPrecisions FLOAT = all(AttentionPrecision.FP32);

  /** One precision for all kinds. */
  public static AttentionPrecisions all(AttentionPrecision precision) {
    return new AttentionPrecisions(precision, precision, precision);
  }

  /** The precision of the attention that a type of layers belongs to; FP32 where it is none. */
  public AttentionPrecision of(LinearLayer.Type type) {
    return switch (type) {
      case SELF_ATTENTION -> self;
      case TEMPORAL_ATTENTION -> temporal;
      case CROSS_ATTENTION -> cross;
      default -> AttentionPrecision.FP32;
    };
  }
}
