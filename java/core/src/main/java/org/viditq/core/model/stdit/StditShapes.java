package org.viditq.core.model.stdit;

import java.util.Optional;
import java.util.OptionalInt;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.tensor.Shape;

/**
 * What the names and shapes of a checkpoint's tensors say about the STDiT that they belong to; each
 * answer is empty if the tensor that would tell is not there, or has not the axes that it should.
 */
final class StditShapes {
  private static final String BLOCK = "blocks.";
  private static final String BLOCK_TABLE = ".scale_shift_table";

  private final Checkpoint weights;

  StditShapes(Checkpoint weights) {
    this.weights = weights;
  }

  /**
   * Whether tensors are named as STDiT's. Its successors, STDiT2 and STDiT3, have other blocks and
   * embed more than the timestep.
   */
  static boolean areKnown(Checkpoint weights) {
    return weights.contains("x_embedder.proj.weight")
        && weights.contains("t_block.1.weight")
        && weights.contains(BLOCK + 0 + BLOCK_TABLE)
        && weights.contains("blocks.0.attn_temp.proj.bias")
        && weights.contains("blocks.0.cross_attn.proj.bias")
        && !weights.contains("blocks.0.scale_shift_table_temporal")
        && !weights.contains("fps_embedder.mlp.0.weight");
  }

  String source() {
    return weights.source();
  }

  OptionalInt channels() {
    return extent("x_embedder.proj.weight", 5, 0);
  }

  OptionalInt inChannels() {
    return extent("x_embedder.proj.weight", 5, 1);
  }

  /** Frames, rows and columns of latents that make a token. */
  Optional<int[]> patch() {
    return shape("x_embedder.proj.weight", 5)
        .map(kernel -> new int[] {kernel.dim(2), kernel.dim(3), kernel.dim(4)});
  }

  /** Blocks that follow each other from the first on. */
  OptionalInt layers() {
    int blocks = 0;
    while (weights.contains(BLOCK + blocks + BLOCK_TABLE)) {
      blocks++;
    }
    return blocks == 0 ? OptionalInt.empty() : OptionalInt.of(blocks);
  }

  OptionalInt mlpHidden() {
    return extent("blocks.0.mlp.fc1.weight", 2, 0);
  }

  OptionalInt captionChannels() {
    return extent("y_embedder.y_embedding", 2, 1);
  }

  OptionalInt textTokens() {
    return extent("y_embedder.y_embedding", 2, 0);
  }

  OptionalInt outputFeatures() {
    return extent("final_layer.linear.weight", 2, 0);
  }

  /**
   * Patches in time, per column and per row that the position tables were stored for; the tables
   * themselves are computed. A table of places says how many there are and not how they lie, but
   * Open-Sora 1.0 was trained on squares.
   */
  Optional<int[]> grid() {
    OptionalInt frames = extent("pos_embed_temporal", 3, 1);
    OptionalInt places = extent("pos_embed", 3, 1);
    if (frames.isEmpty() || places.isEmpty()) {
      return Optional.empty();
    }
    int side = (int) Math.sqrt(places.getAsInt());
    return side * side == places.getAsInt()
        ? Optional.of(new int[] {frames.getAsInt(), side, side})
        : Optional.empty();
  }

  /** Whether one layer makes q, k and v; weights may be stored in full precision or quantized. */
  Optional<Boolean> fusedQkv() {
    return weights.names().stream()
        .filter(name -> name.startsWith("blocks.0.attn.q"))
        .map(name -> name.startsWith("blocks.0.attn.qkv."))
        .findFirst();
  }

  private OptionalInt extent(String tensor, int rank, int axis) {
    return shape(tensor, rank).stream().mapToInt(shape -> shape.dim(axis)).findFirst();
  }

  /** Extents of a tensor of the given rank that holds values. */
  private Optional<Shape> shape(String tensor, int rank) {
    return Optional.of(tensor)
        .filter(weights::contains)
        .map(name -> weights.get(name).shape())
        .filter(shape -> shape.rank() == rank && shape.size() > 0);
  }
}
