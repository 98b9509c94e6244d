package org.viditq.quantize.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.CodeLayout;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * The {@code quantization_config} of config.json that tools of the compressed-tensors family read.
 * It describes the first weight set of each layer; layers of equal formats form a group.
 */
final class QuantizationConfig {
  private QuantizationConfig() {}

  /**
   * @param linearLayers all linear layers of the model; those not quantized are listed as ignored
   */
  static ObjectNode of(
      QuantizationPlan plan,
      Map<String, QuantizedLinearParameters> layers,
      List<LinearLayer> linearLayers) {
    Map<ObjectNode, ArrayNode> groups = new LinkedHashMap<>();
    TreeSet<String> formats = new TreeSet<>();
    layers.forEach(
        (name, layer) -> {
          ObjectNode scheme = scheme(layer.sets().get(0));
          formats.add(scheme.get("format").textValue());
          groups.computeIfAbsent(scheme, s -> JsonNodeFactory.instance.arrayNode()).add(name);
        });
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("quant_method", "compressed-tensors");
    config.put("quantization_status", "compressed");
    config.put("format", formats.size() == 1 ? formats.first() : "mixed-precision");
    ObjectNode groupNodes = config.putObject("config_groups");
    groups.forEach(
        (scheme, targets) -> {
          ObjectNode group = groupNodes.putObject("group_" + groupNodes.size());
          group.set("targets", targets);
          group.setAll(scheme);
        });
    ArrayNode ignore = config.putArray("ignore");
    linearLayers.stream()
        .map(LinearLayer::name)
        .filter(layer -> !layers.containsKey(layer))
        .forEach(ignore::add);
    config.putNull("kv_cache_scheme");
    config.putNull("global_compression_ratio");
    config.put("viditq_plan", plan.name());
    if (!plan.attention().equals(AttentionPrecisions.FLOAT)) {
      config.set(AttentionJson.KEY, AttentionJson.of(plan.attention()));
    }
    return config;
  }

  private static ObjectNode scheme(WeightSet set) {
    ObjectNode scheme = JsonNodeFactory.instance.objectNode();
    IntegerFormat weight = set.weight().grid().format();
    scheme.set("weights", arguments(weight, "channel", false));
    String mode = LayerJson.mode(set.activation());
    boolean dynamic = mode.startsWith("dynamic");
    String strategy = mode.equals(LayerJson.STATIC_TENSOR) ? "tensor" : "token";
    scheme.set("input_activations", arguments(set.activation().format(), strategy, dynamic));
    scheme.putNull("output_activations");
    scheme.put(
        "format", CodeLayout.of(weight) == CodeLayout.NIBBLES ? "pack-quantized" : "int-quantized");
    return scheme;
  }

  private static ObjectNode arguments(IntegerFormat format, String strategy, boolean dynamic) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("num_bits", format.bits())
        .put("type", "int")
        .put("symmetric", format.symmetric())
        .put("strategy", strategy)
        .put("dynamic", dynamic);
  }
}
