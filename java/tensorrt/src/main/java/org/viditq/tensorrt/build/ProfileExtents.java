package org.viditq.tensorrt.build;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.viditq.core.error.Printable;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphFile;
import org.viditq.tensorrt.engine.Profile;

/**
 * Extents by name, for all inputs of a graph at once: the least, those that the engine is made fast
 * for, and the largest. What is missing at the ends is as in the middle: engines of one size are
 * the fastest.
 */
public record ProfileExtents(
    Map<String, Integer> min, Map<String, Integer> opt, Map<String, Integer> max) {
  public ProfileExtents {
    min = Map.copyOf(min);
    opt = Map.copyOf(opt);
    max = Map.copyOf(max);
  }

  /** The shapes of all inputs of a graph in a file; see {@link #of(Map)}. */
  public Profile of(GraphFile graph) {
    Map<String, List<String>> axes = new LinkedHashMap<>();
    graph.inputs().forEach(input -> axes.put(input.name(), input.extents()));
    return of(axes);
  }

  /**
   * The shapes of all inputs.
   *
   * @param axes of each input in order: numbers, and names of extents that are open
   * @throws UsageException if an extent of the graph is not chosen, one that is chosen is none of
   *     the graph's, or an extent does not rise from min to max
   */
  public Profile of(Map<String, List<String>> axes) {
    requireKnown(axes);
    Map<String, Profile.Range> inputs = new TreeMap<>();
    axes.forEach(
        (name, extents) -> {
          try {
            inputs.put(
                name,
                new Profile.Range(shape(extents, min), shape(extents, opt), shape(extents, max)));
          } catch (ShapeException e) {
            throw new UsageException(
                "Extents of " + Printable.name(name) + " cannot be used: " + e.getMessage());
          }
        });
    return new Profile(inputs);
  }

  private void requireKnown(Map<String, List<String>> axes) {
    TreeSet<String> open = new TreeSet<>();
    for (List<String> extents : axes.values()) {
      extents.stream().filter(extent -> !GraphFile.Value.isNumber(extent)).forEach(open::add);
    }
    for (Map<String, Integer> chosen : List.of(min, opt, max)) {
      for (String name : new TreeSet<>(chosen.keySet())) {
        if (!open.contains(name)) {
          throw new UsageException(
              "The graph has no extent "
                  + Printable.name(name)
                  + "; it has "
                  + (open.isEmpty() ? "none that is open" : Printable.name(String.join(", ", open)))
                  + ".");
        }
      }
    }
    for (String name : open) {
      if (!opt.containsKey(name)) {
        throw new UsageException(
            "The graph's extent "
                + Printable.name(name)
                + " is open; choose it with --opt "
                + Printable.name(name)
                + "=N.");
      }
      int least = min.getOrDefault(name, opt.get(name));
      int largest = max.getOrDefault(name, opt.get(name));
      if (least < 1 || least > opt.get(name) || opt.get(name) > largest) {
        throw new UsageException(
            "The extent "
                + Printable.name(name)
                + " must rise from --min to --max, but is "
                + least
                + ", "
                + opt.get(name)
                + " and "
                + largest
                + ".");
      }
    }
  }

  private Shape shape(List<String> extents, Map<String, Integer> chosen) {
    return Shape.of(
        extents.stream()
            .mapToInt(
                extent ->
                    GraphFile.Value.isNumber(extent)
                        ? Integer.parseInt(extent)
                        : chosen.getOrDefault(extent, opt.get(extent)))
            .toArray());
  }
}
