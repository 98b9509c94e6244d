package org.viditq.quantize.plan;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.viditq.core.model.LinearLayer;

/**
 * Finds the layers of a model that a plan's patterns mean: those whose qualified name contains the
 * pattern or, where no name does, those whose {@linkplain LinearLayer#publishedNames published
 * name} does.
 */
final class LayerPatterns {
  private final String plan;
  private final List<LinearLayer> layers;
  private final List<String> otherParts;
  private final Consumer<String> warnings;

  /**
   * @param plan name of the plan, for messages
   * @param otherParts names that are no linear layers but may be named
   * @param warnings receives one sentence per pattern that matches no layer
   */
  LayerPatterns(
      String plan, List<LinearLayer> layers, List<String> otherParts, Consumer<String> warnings) {
    this.plan = plan;
    this.layers = layers;
    this.otherParts = otherParts;
    this.warnings = warnings;
  }

  /**
   * The layers that match at least one of {@code patterns}.
   *
   * @param key where the plan has them, for messages
   */
  Set<String> matching(String key, Collection<String> patterns) {
    Set<String> matching = new LinkedHashSet<>();
    for (String pattern : patterns) {
      List<String> matches = matches(pattern);
      if (matches.isEmpty() && otherParts.stream().noneMatch(name -> name.contains(pattern))) {
        warnings.accept(
            "Plan "
                + plan
                + ": pattern \""
                + pattern
                + "\" of "
                + key
                + " matches no linear layer of this model.");
      }
      matching.addAll(matches);
    }
    return matching;
  }

  private List<String> matches(String pattern) {
    List<String> matches =
        layers.stream().map(LinearLayer::name).filter(name -> name.contains(pattern)).toList();
    return matches.isEmpty()
        ? layers.stream()
            .filter(
                layer -> layer.publishedNames().stream().anyMatch(name -> name.contains(pattern)))
            .map(LinearLayer::name)
            .toList()
        : matches;
  }
}
