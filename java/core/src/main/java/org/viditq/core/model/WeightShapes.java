package org.viditq.core.model;

import java.util.OptionalInt;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.tensor.Shape;

/**
 * What the shapes of a checkpoint's tensors say about its model, for what a configuration leaves
 * out. Checkpoints of models' authors come without any.
 *
 * @param weights only names and shapes are looked at
 */
public record WeightShapes(Checkpoint weights) {
  /** An extent of a tensor; empty if there is no such tensor, no such axis, or nothing along it. */
  public OptionalInt extent(String tensor, int axis) {
    if (!weights.contains(tensor)) {
      return OptionalInt.empty();
    }
    Shape shape = weights.get(tensor).shape();
    return axis < shape.rank() && shape.dim(axis) > 0
        ? OptionalInt.of(shape.dim(axis))
        : OptionalInt.empty();
  }

  /**
   * How many blocks there are: numbers n from 0 on for which there is a tensor {@code prefix + n +
   * suffix}. Empty if there is none.
   */
  public OptionalInt blocks(String prefix, String suffix) {
    int count = 0;
    while (weights.contains(prefix + count + suffix)) {
      count++;
    }
    return count == 0 ? OptionalInt.empty() : OptionalInt.of(count);
  }
}
