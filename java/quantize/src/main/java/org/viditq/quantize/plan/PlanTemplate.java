package org.viditq.quantize.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.viditq.core.error.InvalidPlanException;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

/**
 * A plan in the product's own form, as a document whose weight bits can be set: by one width for
 * all layers, or by a mixed-precision map. All other keys stay as they are.
 */
public final class PlanTemplate {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final String WEIGHT = "weight";
  private static final String BITS = "bits";
  private static final String LAYERS = "layers";
  private static final String MIXED = "mixed_precision";
  private static final String CANDIDATES = "candidates";

  private final String name;
  private final String source;
  private final ObjectNode root;

  private PlanTemplate(String name, PlanNode document) {
    this.name = name;
    this.source = document.source();
    if (PublishedPlanParser.recognizes(document) || RegexPlanParser.recognizes(document)) {
      throw document.failure(
          "widths are set in plans of the product's own form only; write this plan in that form,"
              + " or name a built-in one");
    }
    this.root = JsonNodeFactory.instance.objectNode();
    document.keys().forEach(key -> root.set(key, document.raw(key)));
    plan();
  }

  /**
   * What {@code --plan} means, see {@link BuiltInPlans#find}.
   *
   * @throws InvalidPlanException if it is malformed or in a published form
   */
  public static PlanTemplate find(String nameOrPath) {
    QuantizationPlan plan = BuiltInPlans.find(nameOrPath);
    if (!BuiltInPlans.names().contains(nameOrPath)) {
      return new PlanTemplate(plan.name(), PlanYaml.read(Path.of(nameOrPath)));
    }
    try (InputStream yaml = BuiltInPlans.class.getResourceAsStream(nameOrPath + ".yaml")) {
      return of(
          new String(yaml.readAllBytes(), StandardCharsets.UTF_8),
          nameOrPath,
          "built-in plan " + nameOrPath);
    } catch (IOException e) {
      throw new IllegalStateException("Plan " + nameOrPath + " cannot be read.", e);
    }
  }

  /**
   * A plan that another file holds.
   *
   * @param source what messages call it
   */
  public static PlanTemplate of(String yaml, String name, String source) {
    return new PlanTemplate(name, PlanYaml.parse(yaml.getBytes(StandardCharsets.UTF_8), source));
  }

  public String name() {
    return name;
  }

  /** What it means without its mixed-precision map of weights, whose place another one takes. */
  public QuantizationPlan plan() {
    return parse(withoutWidths());
  }

  /** The same with all quantized layers' weights in one width. */
  public QuantizationPlan withWeightBits(int bits) {
    ObjectNode document = withoutWidths();
    ((ObjectNode) document.get(WEIGHT)).put(BITS, bits);
    return parse(document);
  }

  /** As YAML, without widths of single layers and without the weights' map. */
  public String yaml() {
    return dump(withoutWidths());
  }

  /**
   * As YAML, with a map in it.
   *
   * @param title its new name
   * @param description one line for people
   * @param candidates widths that the map has
   * @param map widths by range of sampling steps, written {@code 19-10}, and layer
   */
  public String yaml(
      String title,
      String description,
      List<Integer> candidates,
      Map<String, Map<String, Integer>> map) {
    ObjectNode document = withoutWidths();
    document.put("name", title);
    document.put("description", description);
    ((ObjectNode) document.get(WEIGHT))
        .put(BITS, candidates.stream().max(Integer::compare).orElseThrow());
    ObjectNode mixed =
        document.get(MIXED) instanceof ObjectNode kept ? kept : document.putObject(MIXED);
    ArrayNode widths = mixed.putArray(CANDIDATES);
    candidates.stream().sorted().forEach(widths::add);
    mixed.set(WEIGHT, MAPPER.valueToTree(map));
    // What is written must be what is read.
    parse(document);
    return dump(document);
  }

  /**
   * A mixed-precision map as a file of its own, which the published code reads as well.
   *
   * @param map widths by range of sampling steps and published name of a layer
   */
  public static String publishedMap(Map<String, Map<String, Integer>> map) {
    return dump(MAPPER.valueToTree(map));
  }

  private ObjectNode withoutWidths() {
    ObjectNode document = root.deepCopy();
    if (document.get(MIXED) instanceof ObjectNode mixed) {
      mixed.remove(List.of(CANDIDATES, WEIGHT));
      if (mixed.isEmpty()) {
        document.remove(MIXED);
      }
    }
    if (document.get(LAYERS) instanceof ArrayNode layers) {
      layers.forEach(
          layer -> {
            if (layer instanceof ObjectNode settings) {
              settings.remove("weight_bits");
            }
          });
    }
    return document;
  }

  private QuantizationPlan parse(ObjectNode document) {
    return new PlanReader(warning -> {})
        .parse(dump(document).getBytes(StandardCharsets.UTF_8), name, source);
  }

  private static String dump(JsonNode document) {
    DumperOptions options = new DumperOptions();
    options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
    options.setWidth(120);
    return new Yaml(options).dump(MAPPER.convertValue(document, Object.class));
  }
}
