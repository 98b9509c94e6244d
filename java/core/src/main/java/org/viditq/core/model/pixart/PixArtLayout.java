package org.viditq.core.model.pixart;

import java.util.List;
import java.util.stream.Stream;

/** How a PixArt checkpoint names its tensors. */
public enum PixArtLayout {
  /** Hugging Face diffusers: separate q, k and v, padded text. */
  DIFFUSERS(
      "transformer_blocks",
      List.of(
          "attn1.to_q",
          "attn1.to_k",
          "attn1.to_v",
          "attn1.to_out.0",
          "attn2.to_q",
          "attn2.to_k",
          "attn2.to_v",
          "attn2.to_out.0",
          "ff.net.0.proj",
          "ff.net.2")),
  /** The authors' checkpoints: fused qkv, packed text. */
  ORIGINAL(
      "blocks",
      List.of(
          "attn.qkv",
          "attn.proj",
          "cross_attn.q_linear",
          "cross_attn.kv_linear",
          "cross_attn.proj",
          "mlp.fc1",
          "mlp.fc2"));

  private final String blocks;
  private final List<String> blockLinears;

  PixArtLayout(String blocks, List<String> blockLinears) {
    this.blocks = blocks;
    this.blockLinears = blockLinears;
  }

  /** Prefix of the names in block {@code index}, with its trailing dot. */
  String block(int index) {
    return blocks + "." + index + ".";
  }

  /** Qualified names of the linear layers of block {@code index}, in order of execution. */
  Stream<String> linearsOfBlock(int index) {
    return blockLinears.stream().map(name -> block(index) + name);
  }
}
