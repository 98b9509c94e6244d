package org.viditq.quantize.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.Collection;
import java.util.Date;
import java.util.Map;
import org.viditq.core.error.InvalidPlanException;

/**
 * What SnakeYAML constructs as a tree of nodes. Anchors make graphs of documents: those that lead
 * back to themselves, or unfold to far more than any plan holds, are refused.
 */
final class YamlTree {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int MAX_DEPTH = 60;
  private static final int MAX_NODES = 500_000;

  private final String source;
  private int nodes;

  private YamlTree(String source) {
    this.source = source;
  }

  static JsonNode of(Object document, String source) {
    return new YamlTree(source).node(document, 0);
  }

  private JsonNode node(Object value, int depth) {
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) {
      throw new InvalidPlanException(
          source
              + " is not valid YAML: it holds more than "
              + (depth > MAX_DEPTH ? MAX_DEPTH + " levels" : MAX_NODES + " values")
              + ", perhaps through anchors.");
    }
    if (value == null) {
      return NODES.nullNode();
    } else if (value instanceof Map<?, ?> map) {
      ObjectNode object = NODES.objectNode();
      map.forEach((key, child) -> object.set(key(key), node(child, depth + 1)));
      return object;
    } else if (value instanceof Collection<?> list) {
      ArrayNode array = NODES.arrayNode();
      list.forEach(child -> array.add(node(child, depth + 1)));
      return array;
    } else if (value instanceof Boolean bool) {
      return NODES.booleanNode(bool);
    } else if (value instanceof Integer || value instanceof Long) {
      return NODES.numberNode(((Number) value).longValue());
    } else if (value instanceof BigInteger large) {
      return NODES.numberNode(large);
    } else if (value instanceof Double number) {
      return NODES.numberNode(number);
    } else if (value instanceof String || value instanceof Date) {
      return NODES.textNode(value.toString());
    }
    throw new InvalidPlanException(
        source + " is not valid YAML: it holds binary data, which no plan has.");
  }

  /** Keys of maps may be numbers: a single sampling step. */
  private String key(Object key) {
    if (key instanceof Collection || key instanceof Map) {
      throw new InvalidPlanException(
          source + " is not valid YAML: it has a list or a mapping as a key, which no plan has.");
    }
    return String.valueOf(key);
  }
}
