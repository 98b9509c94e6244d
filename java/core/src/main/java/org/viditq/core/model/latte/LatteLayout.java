package org.viditq.core.model.latte;

import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.model.DitArguments;

/** How a Latte checkpoint names its tensors, which is also what its clips are made from. */
public enum LatteLayout {
  /** Hugging Face diffusers and the authors' LatteT2V: text-to-video. */
  TEXT_TO_VIDEO,
  /**
   * The authors' Latte: class-conditional, as DiT's checkpoints with every other block temporal.
   */
  CLASS_CONDITIONAL;

  /** The temporal position table of the authors' Latte. */
  static final String TEMPORAL_TABLE = "temp_embed";

  /** Prefix of the names in spatial block {@code index}, with its trailing dot. */
  String spatialBlock(int index) {
    return this == TEXT_TO_VIDEO
        ? "transformer_blocks." + index + "."
        : "blocks." + 2 * index + ".";
  }

  /** Prefix of the names in temporal block {@code index}, with its trailing dot. */
  String temporalBlock(int index) {
    return this == TEXT_TO_VIDEO
        ? "temporal_transformer_blocks." + index + "."
        : "blocks." + (2 * index + 1) + ".";
  }

  /** The layout that a checkpoint's tensors are named in; empty if it holds no Latte. */
  static Optional<LatteLayout> of(Checkpoint weights) {
    if (weights.contains("temporal_transformer_blocks.0.attn1.to_q.weight")
        && weights.contains("transformer_blocks.0.attn2.to_q.weight")
        && weights.contains("adaln_single.linear.weight")) {
      return Optional.of(TEXT_TO_VIDEO);
    }
    if (weights.contains(TEMPORAL_TABLE) && weights.contains(DitArguments.BLOCK_MARK)) {
      return Optional.of(CLASS_CONDITIONAL);
    }
    return Optional.empty();
  }
}
