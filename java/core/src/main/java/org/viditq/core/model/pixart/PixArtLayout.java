package org.viditq.core.model.pixart;

import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;

/** How a PixArt checkpoint names its tensors. */
public enum PixArtLayout {
  /** Hugging Face diffusers: separate q, k and v, padded text. */
  DIFFUSERS("transformer_blocks"),
  /** The authors' checkpoints: fused qkv, packed text. */
  ORIGINAL("blocks");

  private final String blocks;

  PixArtLayout(String blocks) {
    this.blocks = blocks;
  }

  /** Prefix of the names in block {@code index}, with its trailing dot. */
  String block(int index) {
    return blocks + "." + index + ".";
  }

  /** The layout that a checkpoint's tensors are named in; empty if it holds no PixArt. */
  static Optional<PixArtLayout> of(Checkpoint weights) {
    if (weights.contains("adaln_single.linear.weight")
        && weights.contains("transformer_blocks.0.attn2.to_q.weight")
        && weights.contains("pos_embed.proj.weight")
        && !weights.contains("temporal_transformer_blocks.0.attn1.to_q.weight")) {
      return Optional.of(DIFFUSERS);
    }
    if (weights.contains("t_block.1.weight")
        && weights.contains("blocks.0.cross_attn.kv_linear.weight")
        && !weights.contains("blocks.0.attn_temp.proj.weight")) {
      return Optional.of(ORIGINAL);
    }
    return Optional.empty();
  }
}
