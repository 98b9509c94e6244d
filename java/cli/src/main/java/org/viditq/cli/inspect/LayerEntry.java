package org.viditq.cli.inspect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.viditq.core.checkpoint.StoredTensor;

/**
 * A layer of a checkpoint: the tensors that belong to one weight, or a single tensor that belongs
 * to none. Describes them, so it outlives the open checkpoint.
 *
 * @param name qualified layer or tensor name
 * @param shape of the weight as the layer sees it: packed codes count one by one
 * @param type of the weight: F16, INT8, INT4
 * @param bits per weight; of several weight sets the most
 * @param quantization codes and ranges; empty if it is not quantized
 * @param tensors at least one, in file order
 */
record LayerEntry(
    String name,
    List<Integer> shape,
    String type,
    int bits,
    Optional<LayerQuantization> quantization,
    List<Entry> tensors) {
  /** Four-bit codes in one element of a packed weight. */
  private static final int CODES_PER_INT32 = 8;

  /**
   * A stored tensor.
   *
   * @param role its name without the layer's; empty if it is the layer
   */
  record Entry(String name, String role, String dtype, List<Integer> shape, long bytes) {
    long elements() {
      return shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    }
  }

  /**
   * @param quantization what the layer's codes and grids are, if it is quantized
   */
  static LayerEntry of(
      String name, List<StoredTensor> stored, Optional<LayerQuantization> quantization) {
    List<Entry> tensors = new ArrayList<>();
    for (StoredTensor tensor : stored) {
      tensors.add(
          new Entry(
              tensor.name(),
              tensor.name().substring(Math.min(name.length() + 1, tensor.name().length())),
              tensor.dtype().name(),
              Arrays.stream(tensor.shape().toArray()).boxed().toList(),
              (long) tensor.shape().size() * tensor.dtype().bytes()));
    }
    if (quantization.isPresent()) {
      LayerQuantization layer = quantization.get();
      return new LayerEntry(
          name,
          List.of(layer.outFeatures(), layer.inFeatures()),
          layer.type(),
          layer.bits(),
          quantization,
          tensors);
    }
    StoredTensor weight =
        stored.stream()
            .filter(t -> t.name().equals(name + ".weight") || t.name().endsWith(".channel_max"))
            .findFirst()
            .orElse(stored.get(0));
    return new LayerEntry(
        name,
        Arrays.stream(weight.shape().toArray()).boxed().toList(),
        weight.dtype().name(),
        8 * weight.dtype().bytes(),
        Optional.empty(),
        tensors);
  }

  LayerEntry {
    tensors = List.copyOf(tensors);
  }

  /** Numbers that the layer had in full precision: weights and biases, without grids. */
  long originalParameters() {
    return quantization.isPresent()
        ? quantization.get().weights()
            + tensors.stream().filter(t -> t.role().equals("bias")).mapToLong(Entry::elements).sum()
        : parameters();
  }

  /** For example 768x192. */
  String shapeText() {
    return shape.isEmpty()
        ? "scalar"
        : shape.stream().map(String::valueOf).collect(Collectors.joining("x"));
  }

  /** What lies beside the weight: bias, weight_scale. */
  String companions() {
    return tensors.stream()
        .map(Entry::role)
        .filter(role -> !role.isEmpty() && !role.equals("weight") && !role.equals("weight_packed"))
        .collect(Collectors.joining(", "));
  }

  /** Stored numbers; a packed code is one. */
  long parameters() {
    return tensors.stream()
        .mapToLong(t -> t.elements() * (t.role().endsWith("weight_packed") ? CODES_PER_INT32 : 1))
        .sum();
  }

  /** Bytes in the file. */
  long bytes() {
    return tensors.stream().mapToLong(Entry::bytes).sum();
  }
}
