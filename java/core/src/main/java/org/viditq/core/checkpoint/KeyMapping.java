package org.viditq.core.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.Shape;

/** Says what becomes of each tensor of a checkpoint that is converted. */
@FunctionalInterface
public interface KeyMapping {
  /**
   * Consecutive rows: slices along the first axis.
   *
   * @param first index of the first
   * @param count how many, at least 0
   */
  record Rows(int first, int count) {}

  /**
   * A tensor that is written.
   *
   * @param name its new name
   * @param rows which rows of the old tensor it has, one range behind the other; empty for the
   *     whole tensor, of any rank
   */
  record Part(String name, List<Rows> rows) {
    public Part {
      rows = List.copyOf(rows);
    }

    /** The tensor as it is, under a name. */
    public static Part whole(String name) {
      return new Part(name, List.of());
    }
  }

  /**
   * @param name as it is stored
   * @return what is written of the tensor: nothing if it is left out, several parts if it is split
   */
  List<Part> map(String name, Shape shape);

  /** Gives every tensor a new name, or leaves it out where the function returns {@code null}. */
  static KeyMapping renaming(Function<String, String> names) {
    return (name, shape) -> {
      String renamed = names.apply(name);
      return renamed == null ? List.of() : List.of(Part.whole(renamed));
    };
  }

  /**
   * Splits a tensor into parts of equally many rows, as a fused {@code qkv} into three.
   *
   * @throws InvalidCheckpointException if its rows are no multiple of the parts
   */
  static List<Part> equalRows(String name, Shape shape, String... parts) {
    int rows = shape.rank() == 0 ? 0 : shape.dim(0);
    if (shape.rank() == 0 || rows % parts.length != 0) {
      throw new InvalidCheckpointException(
          "Tensor "
              + Printable.name(name)
              + " of shape "
              + shape
              + " cannot be split by rows into "
              + parts.length
              + " equal parts.");
    }
    int each = rows / parts.length;
    List<Part> split = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      split.add(new Part(parts[i], List.of(new Rows(i * each, each))));
    }
    return split;
  }
}
