package org.viditq.core.model;

import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.tensor.Shape;

/**
 * What the shapes of a checkpoint's tensors say about its model, for what a configuration leaves
 * out. Checkpoints of models' authors come without any.
 *
 * @param weights only names and shapes are looked at
 */
public record WeightShapes(Checkpoint weights) {
  /** Few enough digits for an int. */
  private static final Pattern BLOCK_NUMBER = Pattern.compile("\\d{1,9}\\.");

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
   * How many blocks there are: one more than the largest number n for which a tensor's name starts
   * with {@code prefix + n + "."}. Empty if there is none.
   */
  public OptionalInt blocks(String prefix) {
    OptionalInt largest =
        weights.names().stream()
            .filter(name -> name.startsWith(prefix))
            .map(name -> name.substring(prefix.length()))
            .filter(name -> BLOCK_NUMBER.matcher(name).lookingAt())
            .mapToInt(name -> Integer.parseInt(name.substring(0, name.indexOf('.'))))
            .max();
    return largest.isPresent() ? OptionalInt.of(largest.getAsInt() + 1) : largest;
  }
}
