package org.viditq.cli.inspect;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.DType;

/**
 * A layer of a checkpoint: the tensors that belong to one weight, or a single tensor that belongs
 * to none.
 *
 * @param name qualified layer or tensor name
 * @param tensors at least one, in file order
 */
record LayerEntry(String name, List<StoredTensor> tensors) {
  /** Four-bit codes in one element of a packed weight. */
  private static final int CODES_PER_INT32 = 8;

  LayerEntry {
    tensors = List.copyOf(tensors);
  }

  /** The weight, packed or not; the tensor itself if it stands alone. */
  StoredTensor weight() {
    return find("weight").or(() -> find("weight_packed")).orElse(tensors.get(0));
  }

  /** The tensor {@code name.role}. */
  Optional<StoredTensor> find(String role) {
    return tensors.stream().filter(tensor -> tensor.name().equals(name + "." + role)).findFirst();
  }

  /** Whether the weight is codes on a grid (compressed-tensors naming). */
  boolean isQuantized() {
    return find("weight_scale").isPresent();
  }

  private boolean isPacked() {
    return find("weight_packed").isPresent();
  }

  /** Extents of the weight as the layer sees it: a packed weight is unpacked. */
  String shape() {
    int[] extents = weight().shape().toArray();
    Optional<StoredTensor> unpacked = find("weight_shape");
    if (isPacked() && unpacked.isPresent()) {
      float[] values = unpacked.get().toTensor().data();
      extents = new int[values.length];
      for (int i = 0; i < values.length; i++) {
        extents[i] = (int) values[i];
      }
    }
    StringBuilder text = new StringBuilder();
    for (int extent : extents) {
      text.append(text.length() == 0 ? "" : "x").append(extent);
    }
    return text.length() == 0 ? "scalar" : text.toString();
  }

  /** Element type of the weight: F16, INT8, INT4. */
  String type() {
    if (!isQuantized()) {
      return weight().dtype().name();
    }
    return isPacked() ? "INT4" : weight().dtype() == DType.I8 ? "INT8" : weight().dtype().name();
  }

  /** Bits per weight. */
  int bits() {
    return isPacked() ? 4 : 8 * weight().dtype().bytes();
  }

  /** What lies beside the weight: bias, weight_scale. */
  String companions() {
    StoredTensor weight = weight();
    return tensors.stream()
        .filter(tensor -> tensor != weight)
        .map(tensor -> tensor.name().substring(name.length() + 1))
        .collect(Collectors.joining(", "));
  }

  /** Stored numbers; a 4-bit code is one. */
  long parameters() {
    return tensors.stream()
        .mapToLong(
            tensor ->
                (long) tensor.shape().size()
                    * (tensor.name().endsWith(".weight_packed") ? CODES_PER_INT32 : 1))
        .sum();
  }

  /** Bytes in the file. */
  long bytes() {
    return tensors.stream().mapToLong(LayerEntry::bytes).sum();
  }

  static long bytes(StoredTensor tensor) {
    return (long) tensor.shape().size() * tensor.dtype().bytes();
  }
}
