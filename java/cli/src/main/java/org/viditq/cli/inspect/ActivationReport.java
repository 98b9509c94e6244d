package org.viditq.cli.inspect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.report.ComparisonReport.Fact;
import org.viditq.core.model.LinearLayer;
import org.viditq.quantize.activation.GridScope;
import org.viditq.quantize.activation.LayerActivations;
import org.viditq.quantize.activation.Variations;

/**
 * How activations vary, as table, words and JSON.
 *
 * @param model as the user names it
 * @param bits of the codes whose errors were estimated
 * @param layers in the model's order
 * @param facts settings and machine
 */
record ActivationReport(String model, int bits, List<LayerActivations> layers, List<Fact> facts) {
  private static final int MOST_SHOWN = 20;

  ActivationReport {
    layers = List.copyOf(layers);
    facts = List.copyOf(facts);
  }

  /** Those that plans quantize unless they say otherwise, the one that loses most first. */
  List<LayerActivations> byLoss() {
    return layers.stream()
        .filter(layer -> layer.layer().quantizedByDefault())
        .sorted(Comparator.comparingDouble(LayerActivations::staticLoss).reversed())
        .toList();
  }

  /** The {@code count} layers that lose most, and the one of each type that does. */
  List<LayerActivations> worst(int count) {
    List<LayerActivations> chosen = new ArrayList<>();
    List<LinearLayer.Type> types = new ArrayList<>();
    for (LayerActivations layer : byLoss()) {
      if (chosen.size() < count || !types.contains(layer.layer().type())) {
        chosen.add(layer);
        types.add(layer.layer().type());
      }
    }
    return count == 0 ? List.of() : chosen;
  }

  /** The table that the command prints. */
  List<String> table() {
    TextTable table =
        new TextTable(
            "layer",
            "type",
            ">channels",
            ">tokens",
            ">timesteps",
            ">branches",
            ">static",
            ">per token",
            ">lost");
    List<LayerActivations> sorted = byLoss();
    for (LayerActivations layer : sorted.subList(0, Math.min(MOST_SHOWN, sorted.size()))) {
      Variations own = layer.variations();
      table.row(
          layer.layer().name(),
          layer.layer().type().label(),
          factor(own.channels()),
          factor(own.tokens()),
          factor(own.timesteps()),
          layer.branches() > 1 ? factor(own.branches()) : "–",
          Quantities.decibel(layer.signalToNoise().get(GridScope.TENSOR)),
          Quantities.decibel(layer.signalToNoise().get(GridScope.TOKEN)),
          Quantities.decibel(layer.staticLoss()));
    }
    List<String> lines = new ArrayList<>(table.lines());
    if (sorted.size() > MOST_SHOWN) {
      lines.add("and " + (sorted.size() - MOST_SHOWN) + " more that lose less");
    }
    return lines;
  }

  List<String> findings() {
    return new ActivationFindings(bits, byLoss()).sentences();
  }

  static String factor(double factor) {
    return String.format(Locale.ROOT, factor < 10 ? "%.2f×" : "%.0f×", factor);
  }

  ObjectNode json() {
    ObjectNode root = Console.object();
    root.put("model", model);
    root.put("bits", bits);
    findings().forEach(root.putArray("findings")::add);
    ArrayNode list = root.putArray("layers");
    for (LayerActivations layer : layers) {
      ObjectNode node = list.addObject();
      node.put("name", layer.layer().name());
      node.put("type", layer.layer().type().label());
      node.put("quantizedByDefault", layer.layer().quantizedByDefault());
      node.putObject("variation")
          .put("channels", layer.variations().channels())
          .put("tokens", layer.variations().tokens())
          .put("timesteps", layer.variations().timesteps())
          .put("branches", layer.variations().branches());
      ObjectNode ratios = node.putObject("signalToNoise");
      for (GridScope scope : GridScope.values()) {
        ratios.put(scope.name().toLowerCase(Locale.ROOT), layer.signalToNoise().get(scope));
      }
      layer.timesteps().forEach(node.putArray("timesteps")::add);
      ArrayNode steps = node.putArray("stepMax");
      layer.stepMax().forEach(branch -> put(branch, steps.addArray()));
      ArrayNode channels = node.putArray("channelMax");
      layer.channelMax().forEach(branch -> put(branch, channels.addArray()));
      put(layer.tokenMax(), node.putArray("tokenMax"));
    }
    return root;
  }

  private static void put(float[] values, ArrayNode array) {
    for (float value : values) {
      array.add(value);
    }
  }
}
