package org.viditq.quantize.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.viditq.core.io.StrictJson;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.SmallScaleRule;

/**
 * How the tensors of each layer belong together, as JSON in the file's metadata: {@code {"LAYER":
 * {"weights": [{"bits", "symmetric", "balanced"}], "activations": [{"mode", "bits", "symmetric"}],
 * "sets": [{"start", "end", "weight", "activation"}]}}}. A rotated weight has {@code "rotation":
 * {"matrix", "block", "seed"}}, a set with a correction of the bias {@code "corrected": true}, a
 * layer with a low-rank branch {@code "low_rank": RANK}.
 */
final class LayerJson {
  static final String DYNAMIC_TOKEN = "dynamic_token";
  static final String DYNAMIC_TOKEN_SHARED = "dynamic_token_shared";
  static final String STATIC_TENSOR = "static_tensor";
  static final String STATIC_TOKEN = "static_token";

  private static final ObjectMapper JSON = new ObjectMapper();

  private LayerJson() {}

  static String write(Map<String, QuantizedLinearParameters> layers) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    layers.forEach((name, layer) -> root.set(name, describe(LayerDescription.of(layer))));
    try {
      return JSON.writeValueAsString(root);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("A tree of JSON nodes can always be written.", impossible);
    }
  }

  /**
   * @throws JsonProcessingException if it is no JSON
   */
  static Map<String, JsonNode> read(String json) throws JsonProcessingException {
    Map<String, JsonNode> layers = new LinkedHashMap<>();
    StrictJson.parse(json.getBytes(StandardCharsets.UTF_8))
        .fields()
        .forEachRemaining(entry -> layers.put(entry.getKey(), entry.getValue()));
    return layers;
  }

  private static ObjectNode describe(LayerDescription parts) {
    ObjectNode layer = JsonNodeFactory.instance.objectNode();
    ArrayNode weights = layer.putArray("weights");
    for (LayerDescription.StoredWeight stored : parts.weights()) {
      ObjectNode weight =
          putFormat(weights.addObject(), stored.weight().grid().format())
              .put("balanced", stored.balance().isPresent());
      stored.rotation().ifPresent(rotation -> putRotation(weight.putObject("rotation"), rotation));
    }
    ArrayNode activations = layer.putArray("activations");
    for (ActivationQuantization activation : parts.activations()) {
      putFormat(activations.addObject().put("mode", mode(activation)), activation.format());
    }
    ArrayNode sets = layer.putArray("sets");
    for (LayerDescription.Set set : parts.sets()) {
      sets.addObject()
          .put("start", set.range().start())
          .put("end", set.range().end())
          .put("weight", set.weight())
          .put("activation", set.activation());
      if (set.correction().isPresent()) {
        ((ObjectNode) sets.get(sets.size() - 1)).put("corrected", true);
      }
    }
    parts.branch().ifPresent(branch -> layer.put("low_rank", branch.rank()));
    return layer;
  }

  private static void putRotation(ObjectNode node, Rotation rotation) {
    node.put("matrix", rotation.kind().name().toLowerCase(Locale.ROOT))
        .put("block", rotation.block());
    rotation.seed().ifPresent(seed -> node.put("seed", seed));
  }

  private static ObjectNode putFormat(ObjectNode node, IntegerFormat format) {
    return node.put("bits", format.bits()).put("symmetric", format.symmetric());
  }

  static String mode(ActivationQuantization activation) {
    if (activation instanceof DynamicToken scheme) {
      requireDeployed(scheme.smallScales());
      return DYNAMIC_TOKEN;
    }
    if (activation instanceof DynamicTokenShared scheme) {
      requireDeployed(scheme.smallScales());
      return DYNAMIC_TOKEN_SHARED;
    }
    return activation instanceof StaticTensor ? STATIC_TENSOR : STATIC_TOKEN;
  }

  private static void requireDeployed(SmallScaleRule rule) {
    if (rule != SmallScaleRule.PER_GROUP) {
      throw new IllegalArgumentException("Grids of the published quirks cannot be stored.");
    }
  }
}
