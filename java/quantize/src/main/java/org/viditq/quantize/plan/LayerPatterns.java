package org.viditq.quantize.plan;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.model.LinearLayer;

/**
 * Finds the layers of a model that a plan's patterns mean: those whose qualified name a pattern
 * matches or, where it matches no name, those whose {@linkplain LinearLayer#publishedNames
 * published name} it matches.
 */
final class LayerPatterns {
  private final String plan;
  private final PatternSyntax syntax;
  private final List<LinearLayer> layers;
  private final List<String> otherParts;
  private final Consumer<String> warnings;

  /**
   * @param plan name of the plan, for messages
   * @param syntax how patterns are meant
   * @param otherParts names that are no linear layers but may be named
   * @param warnings receives one sentence per pattern that matches no layer
   */
  LayerPatterns(
      String plan,
      PatternSyntax syntax,
      List<LinearLayer> layers,
      List<String> otherParts,
      Consumer<String> warnings) {
    this.plan = plan;
    this.syntax = syntax;
    this.layers = layers;
    this.otherParts = otherParts;
    this.warnings = warnings;
  }

  /**
   * The layers that match at least one of {@code patterns}.
   *
   * @param key where the plan has them, for messages
   * @throws InvalidPlanException if a pattern is malformed, or some but not all parts of a layer
   *     that this checkpoint holds as one are meant
   */
  Set<String> matching(String key, Collection<String> patterns) {
    Set<String> matching = new LinkedHashSet<>();
    Map<LinearLayer, Set<String>> parts = new LinkedHashMap<>();
    for (String pattern : patterns) {
      if (!add(key, pattern, matching, parts)) {
        warnings.accept(
            "Plan "
                + plan
                + ": pattern \""
                + pattern
                + "\" of "
                + key
                + " matches no linear layer of this model.");
      }
    }
    parts.forEach((layer, named) -> addWhole(key, layer, named, matching));
    return matching;
  }

  /** Whether the pattern means anything. */
  private boolean add(
      String key, String pattern, Set<String> matching, Map<LinearLayer, Set<String>> parts) {
    try {
      Predicate<String> meant = syntax.compile(pattern);
      List<String> own = layers.stream().map(LinearLayer::name).filter(meant).toList();
      matching.addAll(own);
      boolean any = !own.isEmpty();
      if (!any) {
        for (LinearLayer layer : layers) {
          List<String> published = layer.publishedNames().stream().filter(meant).toList();
          any |= !published.isEmpty();
          if (layer.holdsPublishedLayers()) {
            parts.computeIfAbsent(layer, l -> new HashSet<>()).addAll(published);
          } else if (!published.isEmpty()) {
            matching.add(layer.name());
          }
        }
      }
      return any || otherParts.stream().anyMatch(meant);
    } catch (IllegalArgumentException malformed) {
      throw new InvalidPlanException(
          "Plan "
              + plan
              + ": pattern \""
              + pattern
              + "\" of "
              + key
              + " cannot be used: "
              + malformed.getMessage()
              + ".",
          malformed);
    }
  }

  private void addWhole(String key, LinearLayer layer, Set<String> named, Set<String> matching) {
    if (named.isEmpty() || matching.contains(layer.name())) {
      return;
    }
    for (String part : layer.publishedNames()) {
      if (!named.contains(part)) {
        throw new InvalidPlanException(
            "Plan "
                + plan
                + ": "
                + key
                + " means a part of layer "
                + layer.name()
                + " but not "
                + part
                + ", and this checkpoint holds them as one; name all of its parts or none.");
      }
    }
    matching.add(layer.name());
  }
}
