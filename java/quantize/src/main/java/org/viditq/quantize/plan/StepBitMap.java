package org.viditq.quantize.plan;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.viditq.core.error.InvalidPlanException;
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
   * @param fullPrecision patterns ({@link PatternSyntax#PATH}) of layers that are not quantized
   *     there
   */
  public record Part(
      TimestepRange timesteps, Map<String, Integer> bits, List<String> fullPrecision) {
    public Part {
      bits = Map.copyOf(bits);
      fullPrecision = List.copyOf(fullPrecision);
    }
  }

  public StepBitMap {
    parts = List.copyOf(parts);
  }

  /**
   * Width of {@code layer} at {@code timestep}, under its own name or else the published ones;
   * empty if the map does not name it there.
   *
   * @throws InvalidPlanException if published names of one layer have different widths: those of q,
   *     k and v, which some checkpoints hold as one layer
   */
  Optional<Integer> bits(LinearLayer layer, double timestep) {
    return parts.stream()
        .filter(part -> part.timesteps().contains(timestep))
        .findFirst()
        .flatMap(part -> bits(layer, part));
  }

  private Optional<Integer> bits(LinearLayer layer, Part part) {
    Integer own = part.bits().get(layer.name());
    if (own != null) {
      return Optional.of(own);
    }
    Map<String, Integer> published = new LinkedHashMap<>();
    for (String name : layer.publishedNames()) {
      if (part.bits().containsKey(name)) {
        published.put(name, part.bits().get(name));
      }
    }
    if (new HashSet<>(published.values()).size() > 1) {
      throw new InvalidPlanException(
          source
              + " has different widths for parts of layer "
              + layer.name()
              + ", which this checkpoint does not hold apart: "
              + published
              + "; give it one.");
    }
    return published.values().stream().findFirst();
  }

  /** All layers that it names. */
  Set<String> layers() {
    Set<String> names = new LinkedHashSet<>();
    parts.forEach(part -> names.addAll(part.bits().keySet()));
    return names;
  }
}
