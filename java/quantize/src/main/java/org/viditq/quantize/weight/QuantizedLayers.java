package org.viditq.quantize.weight;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.QuantizedParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.QuantizedWeight;

/**
 * The quantized layers of a model. The checkpoint that they were made from or read from must stay
 * open while they are used.
 *
 * @param layers by qualified name
 * @param attention what the attention between them multiplies
 */
public record QuantizedLayers(
    Map<String, QuantizedLinearParameters> layers, AttentionPrecisions attention) {
  public QuantizedLayers {
    layers = Collections.unmodifiableMap(layers);
  }

  /** With attention in float32. */
  public QuantizedLayers(Map<String, QuantizedLinearParameters> layers) {
    this(layers, AttentionPrecisions.FLOAT);
  }

  /** {@code base} with these layers in place of its own. */
  public Parameters over(Parameters base) {
    return new QuantizedParameters(base, layers, attention);
  }

  /** How many weights are quantized. */
  public long elements() {
    return layers.values().stream()
        .mapToLong(layer -> (long) layer.inFeatures() * layer.outFeatures())
        .sum();
  }

  /**
   * Bytes of codes, scales (float32), zero points (one byte), balancing vectors (float32), low-rank
   * branches (float16) and corrections (float32); what weight sets share counts once.
   */
  public long sizeInBytes() {
    long bytes = 0;
    for (QuantizedLinearParameters layer : layers.values()) {
      Set<QuantizedWeight> weights = Collections.newSetFromMap(new IdentityHashMap<>());
      bytes +=
          layer
              .branch()
              .map(b -> ((long) b.down().size() + b.up().size()) * Short.BYTES)
              .orElse(0L);
      for (WeightSet set : layer.sets()) {
        if (weights.add(set.weight())) {
          int zeroPointBytes = set.weight().grid().format().symmetric() ? 0 : 1;
          bytes += set.weight().codes().sizeInBytes();
          bytes += (long) set.weight().grid().groups() * (Float.BYTES + zeroPointBytes);
          // Each weight is stored with the vector that it was multiplied with.
          bytes += set.balance().map(s -> (long) s.length * Float.BYTES).orElse(0L);
        }
        bytes += set.correction().map(c -> (long) c.length * Float.BYTES).orElse(0L);
      }
    }
    return bytes;
  }
}
