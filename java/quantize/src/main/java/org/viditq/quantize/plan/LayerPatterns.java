package org.viditq.quantize.plan;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Finds the layers of a model that a plan's patterns mean: those whose qualified name contains the
 * pattern or, where no name does, those whose {@linkplain PublishedLayerNames published name} does.
 */
final class LayerPatterns {
  private final String plan;
  private final Collection<String> layers;
  private final Consumer<String> warnings;

  /**
   * @param plan name of the plan, for messages
   * @param layers qualified names of the model's linear layers
   * @param warnings receives one sentence per pattern that matches no layer
   */
  LayerPatterns(String plan, Collection<String> layers, Consumer<String> warnings) {
    this.plan = plan;
    this.layers = layers;
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
      if (matches.isEmpty() && !meansPatchEmbedding(pattern)) {
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
    List<String> matches = layers.stream().filter(layer -> layer.contains(pattern)).toList();
    return matches.isEmpty()
        ? layers.stream().filter(layer -> hasPublishedName(layer, pattern)).toList()
        : matches;
  }

  private static boolean hasPublishedName(String layer, String pattern) {
    return PublishedLayerNames.of(layer).stream().anyMatch(name -> name.contains(pattern));
  }

  /** No linear layer, so that there is nothing to do for it, and nothing to warn about. */
  private static boolean meansPatchEmbedding(String pattern) {
    return PublishedLayerNames.PATCH_EMBEDDING.contains(pattern)
        || hasPublishedName(PublishedLayerNames.PATCH_EMBEDDING, pattern);
  }
}
