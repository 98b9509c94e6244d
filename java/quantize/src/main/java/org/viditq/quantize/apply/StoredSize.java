package org.viditq.quantize.apply;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.quantize.weight.QuantizedLayers;

/**
 * What a transformer's tensors take before and after quantization, headers aside.
 *
 * @param original bytes of all tensors
 * @param quantized bytes of the quantized layers and of everything that stays as it was
 * @param layersOriginal bytes of the weights that are quantized, before
 * @param layersQuantized bytes of codes, scales, zero points and balancing vectors in their place
 */
public record StoredSize(long original, long quantized, long layersOriginal, long layersQuantized) {
  public static StoredSize of(Checkpoint weights, QuantizedLayers layers) {
    long original = 0;
    long replaced = 0;
    for (String name : weights.names()) {
      long bytes = weights.get(name).sizeInBytes();
      original += bytes;
      if (name.endsWith(".weight")
          && layers.layers().containsKey(name.substring(0, name.length() - ".weight".length()))) {
        replaced += bytes;
      }
    }
    long layerBytes = layers.sizeInBytes();
    return new StoredSize(original, original - replaced + layerBytes, replaced, layerBytes);
  }

  /** How many times smaller the transformer is. */
  public double ratio() {
    return original / (double) quantized;
  }

  /** How many times smaller the quantized weights are, all others left aside. */
  public double layerRatio() {
    return layersOriginal / (double) layersQuantized;
  }
}
