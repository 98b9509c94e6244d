package org.viditq.core.model.hunyuan;

import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;

/** How a HunyuanDiT checkpoint names its tensors. */
public enum HunyuanLayout {
  /** Hugging Face diffusers: separate q, k and v. */
  DIFFUSERS,
  /** The authors' checkpoints: fused projections, and the norms 2 and 3 of blocks exchanged. */
  ORIGINAL;

  /** The layout that a checkpoint's tensors are named in; empty if it holds no HunyuanDiT. */
  static Optional<HunyuanLayout> of(Checkpoint weights) {
    if (!weights.contains("text_embedding_padding")) {
      return Optional.empty();
    }
    // A ControlNet of HunyuanDiT has the blocks and embeddings of the model, but no output.
    if (weights.contains("time_extra_emb.extra_embedder.linear_1.weight")
        && weights.contains("norm_out.linear.weight")) {
      return Optional.of(DIFFUSERS);
    }
    if (weights.contains("blocks.0.attn1.Wqkv.weight")
        && weights.contains("final_layer.adaLN_modulation.1.weight")) {
      return Optional.of(ORIGINAL);
    }
    return Optional.empty();
  }
}
