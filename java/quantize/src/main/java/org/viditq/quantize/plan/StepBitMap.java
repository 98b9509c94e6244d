package org.viditq.quantize.plan;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.quant.TimestepRange;

/**
 * Bit widths by layer and part of the sampling run (mixed precision).
 *
 * @param source where it was read, for messages
 * @param parts tile the schedule in order of time
 */
public record StepBitMap(String source, List<Part> parts) {
  /**
   * @param timesteps of a plan for n sampling steps, step i (n-1 is the noisiest) covers [1000 i/n,
   *     1000 (i+1)/n)
   * @param bits by qualified layer name
   */
  public record Part(TimestepRange timesteps, Map<String, Integer> bits) {
    public Part {
      bits = Map.copyOf(bits);
    }
  }

  public StepBitMap {
    parts = List.copyOf(parts);
  }

  /**
   * Width of {@code layer} at {@code timestep}, under its own name or else a published one; empty
   * if the map does not name it there.
   */
  Optional<Integer> bits(LinearLayer layer, double timestep) {
    return parts.stream()
        .filter(part -> part.timesteps().contains(timestep))
        .findFirst()
        .flatMap(
            part ->
                Stream.concat(Stream.of(layer.name()), layer.publishedNames().stream())
                    .filter(part.bits()::containsKey)
                    .findFirst()
                    .map(part.bits()::get));
  }

  /** All layers that it names. */
  Set<String> layers() {
    Set<String> names = new LinkedHashSet<>();
    parts.forEach(part -> names.addAll(part.bits().keySet()));
    return names;
  }
}
