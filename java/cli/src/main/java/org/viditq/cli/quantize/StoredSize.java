package org.viditq.cli.quantize;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.quantize.weight.QuantizedLayers;

/**
 * What a transformer's tensors take before and after quantization, headers aside.
 *
 * @param original bytes of all tensors
 * @param quantized bytes of the quantized layers (codes, scales, zero points, balancing vectors)
 *     and of everything that stays as it was
 */
public record StoredSize(long original, long quantized) {
  public static StoredSize of(Checkpoint weights, QuantizedLayers layers) {
    long original = 0;
    long replaced = 0;
    for (String name : weights.names()) {
      long bytes = weights.get(name).bytes().remaining();
      original += bytes;
      if (name.endsWith(".weight")
          && layers.layers().containsKey(name.substring(0, name.length() - ".weight".length()))) {
        replaced += bytes;
      }
    }
    return new StoredSize(original, original - replaced + layers.sizeInBytes());
  }

  /** How many times smaller. */
  public double ratio() {
    return original / (double) quantized;
  }
}
