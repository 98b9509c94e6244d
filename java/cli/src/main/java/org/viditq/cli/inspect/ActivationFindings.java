package org.viditq.cli.inspect;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.viditq.cli.console.Quantities;
import org.viditq.core.model.LinearLayer;
import org.viditq.quantize.activation.GridScope;
import org.viditq.quantize.activation.LayerActivations;

/**
 * What the figures say in words: where a static scale per tensor loses most, and to which of the
 * four variations.
 */
final class ActivationFindings {
  private static final int LAYERS = 3;

  /** Differences below this are nothing to tell, dB. */
  private static final double SMALL = 0.5;

  private final int bits;
  private final List<LayerActivations> byLoss;

  /**
   * @param byLoss layers, the one that loses most first
   */
  ActivationFindings(int bits, List<LayerActivations> byLoss) {
    this.bits = bits;
    this.byLoss = byLoss;
  }

  List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    if (byLoss.isEmpty()) {
      sentences.add("No layer was seen that plans quantize by default.");
      return sentences;
    }
    sentences.add(
        "With one static scale of "
            + bits
            + " bits per tensor the outputs of layers keep "
            + decibel(mean(GridScope.TENSOR))
            + " above the noise on average, with a dynamic one per token "
            + decibel(mean(GridScope.TOKEN))
            + ".");
    byType(sentences);
    for (LayerActivations layer : byLoss.subList(0, Math.min(LAYERS, byLoss.size()))) {
      if (layer.staticLoss() >= SMALL) {
        sentences.add(sentence(layer));
      }
    }
    sentences.add(causes());
    return sentences;
  }

  private double mean(GridScope scope) {
    return byLoss.stream().mapToDouble(l -> l.signalToNoise().get(scope)).average().orElse(0);
  }

  private void byType(List<String> sentences) {
    Map<LinearLayer.Type, double[]> losses = new LinkedHashMap<>();
    for (LayerActivations layer : byLoss) {
      double[] own = losses.computeIfAbsent(layer.layer().type(), t -> new double[2]);
      own[0] += layer.staticLoss();
      own[1]++;
    }
    sentences.add(
        "The static scale loses, by type of layer: "
            + String.join(
                ", ",
                losses.entrySet().stream()
                    .sorted(
                        (a, b) ->
                            Double.compare(
                                b.getValue()[0] / b.getValue()[1],
                                a.getValue()[0] / a.getValue()[1]))
                    .map(e -> e.getKey().label() + " " + decibel(e.getValue()[0] / e.getValue()[1]))
                    .toList())
            + ".");
  }

  private static String sentence(LayerActivations layer) {
    List<String> gains = new ArrayList<>();
    for (GridScope scope : List.of(GridScope.CHANNEL, GridScope.TIMESTEP, GridScope.BRANCH)) {
      if (scope != GridScope.BRANCH || layer.branches() > 1) {
        gains.add(scope.label() + " " + decibel(layer.gain(scope)));
      }
    }
    return layer.layer().name()
        + " ("
        + layer.layer().type().label()
        + ") loses "
        + decibel(layer.staticLoss())
        + ": "
        + decibel(layer.signalToNoise().get(GridScope.TENSOR))
        + " with a static scale, "
        + decibel(layer.signalToNoise().get(GridScope.TOKEN))
        + " with one per token. Its largest channel is "
        + ActivationReport.factor(layer.variations().channels())
        + " the median one, its largest token "
        + ActivationReport.factor(layer.variations().tokens())
        + "; static grids would gain "
        + String.join(", ", gains)
        + ".";
  }

  /** How many layers each variation costs most. */
  private String causes() {
    Map<GridScope, Integer> counts = new LinkedHashMap<>();
    for (GridScope scope : GridScope.values()) {
      if (scope != GridScope.TENSOR) {
        counts.put(scope, 0);
      }
    }
    int none = 0;
    for (LayerActivations layer : byLoss) {
      GridScope best = GridScope.TENSOR;
      for (GridScope scope : counts.keySet()) {
        best = layer.gain(scope) > layer.gain(best) ? scope : best;
      }
      if (best == GridScope.TENSOR || layer.gain(best) < SMALL) {
        none++;
      } else {
        counts.merge(best, 1, Integer::sum);
      }
    }
    return "What varies most, by the grids that would gain most: channels in "
        + counts.get(GridScope.CHANNEL)
        + ", tokens in "
        + counts.get(GridScope.TOKEN)
        + ", timesteps in "
        + counts.get(GridScope.TIMESTEP)
        + ", guidance branches in "
        + counts.get(GridScope.BRANCH)
        + " of "
        + Quantities.of(byLoss.size(), "layer")
        + (none > 0 ? String.format(Locale.ROOT, "; nothing to speak of in %d", none) : "")
        + ".";
  }

  private static String decibel(double value) {
    return Quantities.decibel(value);
  }
}
