package org.viditq.cli.inspect;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.quantize.checkpoint.QuantizedCheckpoint;

/**
 * The layers of one checkpoint, ordered by name, and their sums.
 *
 * @param name of the component in its pipeline; empty for a lone checkpoint
 * @param type of the model, such as PixArtTransformer2DModel; empty if unknown
 * @param source path of the file or its index
 * @param layers grouped tensors
 * @param metadata the file's string metadata
 * @param family what it is as a denoiser; empty if it is none that is known here
 */
record Inventory(
    String name,
    String type,
    String source,
    List<LayerEntry> layers,
    Map<String, String> metadata,
    Optional<FamilyFinding> family) {
  /** Tensors that stand for a layer; they and those with the same prefix are one entry. */
  private static final Set<String> WEIGHTS = Set.of("weight", "weight_packed", "channel_max");

  Inventory {
    layers = List.copyOf(layers);
  }

  /**
   * @param original the weights that a quantized checkpoint was made from, if they are at hand
   */
  static Inventory of(
      String name,
      String type,
      Checkpoint checkpoint,
      Optional<FamilyFinding> family,
      Optional<Checkpoint> original) {
    Map<String, List<StoredTensor>> groups = new TreeMap<>(new NaturalOrder());
    for (String tensor : checkpoint.names()) {
      groups
          .computeIfAbsent(layerOf(tensor, checkpoint), layer -> new ArrayList<>())
          .add(checkpoint.get(tensor));
    }
    Map<String, QuantizedLinearParameters> quantized =
        QuantizedCheckpoint.recognizes(checkpoint)
            ? QuantizedCheckpoint.read(checkpoint).layers().layers()
            : Map.of();
    List<LayerEntry> layers = new ArrayList<>();
    groups.forEach(
        (layer, tensors) ->
            layers.add(
                LayerEntry.of(
                    layer,
                    tensors,
                    Optional.ofNullable(quantized.get(layer))
                        .map(found -> LayerQuantization.of(found, original)))));
    return new Inventory(name, type, checkpoint.source(), layers, checkpoint.metadata(), family);
  }

  /** The shortest prefix that has a weight; the tensor's own name if there is none. */
  private static String layerOf(String tensor, Checkpoint checkpoint) {
    for (int dot = tensor.indexOf('.'); dot > 0; dot = tensor.indexOf('.', dot + 1)) {
      String prefix = tensor.substring(0, dot);
      if (WEIGHTS.stream().anyMatch(weight -> checkpoint.contains(prefix + "." + weight))) {
        return prefix;
      }
    }
    return tensor;
  }

  int tensors() {
    return layers.stream().mapToInt(layer -> layer.tensors().size()).sum();
  }

  /** Stored numbers; packed codes count one by one. */
  long parameters() {
    return layers.stream().mapToLong(LayerEntry::parameters).sum();
  }

  /** Numbers of the model in full precision: those of quantized layers without their grids. */
  long originalParameters() {
    return layers.stream().mapToLong(LayerEntry::originalParameters).sum();
  }

  boolean isQuantized() {
    return layers.stream().anyMatch(layer -> layer.quantization().isPresent());
  }

  /** Layers that adapters (LoRA) change; 0 for other checkpoints. */
  long adapted() {
    return layers.stream()
        .filter(
            layer ->
                layer.name().endsWith(".lora_A")
                    || layer.name().endsWith(".lora_down")
                    || layer.name().endsWith(".lora.down"))
        .count();
  }

  /** Bytes of tensor data, without the file's header. */
  long bytes() {
    return layers.stream().mapToLong(LayerEntry::bytes).sum();
  }

  /** Bytes by element type. */
  Map<String, Long> bytesByType() {
    Map<String, Long> sums = new TreeMap<>();
    for (LayerEntry layer : layers) {
      for (LayerEntry.Entry tensor : layer.tensors()) {
        sums.merge(tensor.dtype(), tensor.bytes(), Long::sum);
      }
    }
    return sums;
  }
}
