package org.viditq.core.model.dit;

import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.model.DitArguments;

/** How a DiT checkpoint names its tensors. */
public enum DitLayout {
  /** Hugging Face diffusers: separate q, k and v; a timestep and class embedding per block. */
  DIFFUSERS("transformer_blocks."),
  /** The authors' checkpoints: fused qkv; one embedding for all blocks. */
  ORIGINAL("blocks.");

  /** diffusers' class table of block 0. */
  static final String FIRST_CLASS_TABLE =
      "transformer_blocks.0.norm1.emb.class_embedder.embedding_table.weight";

  private final String blocks;

  DitLayout(String blocks) {
    this.blocks = blocks;
  }

  /** Prefix of the names in block {@code index}, with its trailing dot. */
  String block(int index) {
    return blocks + index + ".";
  }

  /** The layout that a checkpoint's tensors are named in; empty if it holds no DiT. */
  static Optional<DitLayout> of(Checkpoint weights) {
    if (weights.contains(FIRST_CLASS_TABLE) && weights.contains("proj_out_1.weight")) {
      return Optional.of(DIFFUSERS);
    }
    if (weights.contains(DitArguments.CLASS_TABLE)
        && weights.contains(DitArguments.BLOCK_MARK)
        && !weights.contains("temp_embed")) {
      return Optional.of(ORIGINAL);
    }
    return Optional.empty();
  }
}
