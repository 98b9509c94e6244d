package org.viditq.quantize.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.InvalidPlanException;

/**
 * Typed access to a mapping of a plan file. An empty value ({@code key:}, {@code null}, {@code
 * None}) counts as absent, as the published code means it. All failures are {@link
 * InvalidPlanException}s that name file and key.
 */
final class PlanNode {
  private final String source;
  private final String path;
  private final JsonNode node;

  private PlanNode(String source, String path, JsonNode node) {
    this.source = source;
    this.path = path;
    this.node = node;
  }

  /**
   * @param source what messages call the file
   */
  static PlanNode root(String source, JsonNode node) {
    if (!node.isObject()) {
      throw new InvalidPlanException(
          source + " holds " + describe(node) + " where a mapping of keys is needed.");
    }
    return new PlanNode(source, "", node);
  }

  String source() {
    return source;
  }

  /** Keys in file order. */
  List<String> keys() {
    List<String> keys = new ArrayList<>();
    for (Iterator<Map.Entry<String, JsonNode>> i = node.fields(); i.hasNext(); ) {
      keys.add(i.next().getKey());
    }
    return keys;
  }

  boolean has(String key) {
    return !isEmpty(node.path(key));
  }

  JsonNode raw(String key) {
    return node.path(key);
  }

  /** The key's full path, for messages. */
  String name(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Rejects every key that is not in {@code known}, with a suggestion. */
  void allowOnly(String... known) {
    for (String key : keys()) {
      if (!List.of(known).contains(key)) {
        throw unknownKey(key, List.of(known));
      }
    }
  }

  InvalidPlanException unknownKey(String key, Collection<String> known) {
    return new InvalidPlanException(
        source
            + ": there is no key "
            + name(key)
            + Suggestion.find(key, known)
                .map(k -> "; did you mean " + k + "?")
                .orElse("; known here: " + String.join(", ", known) + "."));
  }

  /** The mapping below {@code key}; empty if absent. */
  Optional<PlanNode> child(String key) {
    if (!has(key)) {
      return Optional.empty();
    }
    if (!node.get(key).isObject()) {
      throw invalid(key, "a mapping");
    }
    return Optional.of(new PlanNode(source, name(key), node.get(key)));
  }

  /** The mappings of the list below {@code key}; none if absent. */
  List<PlanNode> children(String key) {
    List<PlanNode> children = new ArrayList<>();
    for (JsonNode element : list(key, "a list of mappings")) {
      if (!element.isObject()) {
        throw invalid(key, "a list of mappings");
      }
      children.add(new PlanNode(source, name(key) + "[" + children.size() + "]", element));
    }
    return children;
  }

  Optional<String> text(String key) {
    if (!has(key)) {
      return Optional.empty();
    }
    JsonNode value = node.get(key);
    if (!value.isTextual()) {
      throw invalid(key, "text");
    }
    return Optional.of(value.textValue());
  }

  /** One of {@code choices}, compared without case. */
  Optional<String> choice(String key, String... choices) {
    Optional<String> value = text(key).map(text -> text.toLowerCase(Locale.ROOT));
    value.ifPresent(
        text -> {
          if (!List.of(choices).contains(text)) {
            throw invalid(
                key,
                (choices.length == 1 ? "" : "one of ")
                    + String.join(", ", choices)
                    + Suggestion.closest(text, List.of(choices)));
          }
        });
    return value;
  }

  Optional<Boolean> bool(String key) {
    if (!has(key)) {
      return Optional.empty();
    }
    if (!node.get(key).isBoolean()) {
      throw invalid(key, "true or false");
    }
    return Optional.of(node.get(key).booleanValue());
  }

  Optional<Integer> integer(String key, int min, int max) {
    return has(key)
        ? Optional.of(
            integer(node.get(key), key, min, max, "an integer between " + min + " and " + max))
        : Optional.empty();
  }

  /** A bit width that {@link org.viditq.core.quant.IntegerFormat} takes. */
  Optional<Integer> bits(String key) {
    return integer(key, 2, 8);
  }

  List<Integer> integers(String key, int min, int max) {
    String expected = "a list of integers between " + min + " and " + max;
    List<Integer> values = new ArrayList<>();
    for (JsonNode element : list(key, expected)) {
      values.add(integer(element, key, min, max, expected));
    }
    return values;
  }

  /** A number in [min, max]. */
  Optional<Double> number(String key, double min, double max) {
    return has(key)
        ? Optional.of(number(node.get(key), key, min, max, "a number from " + min + " to " + max))
        : Optional.empty();
  }

  /** A number or a list of numbers, each in [min, max]; empty if absent. */
  List<Double> numbers(String key, double min, double max) {
    String expected = "a number from " + min + " to " + max + ", or a list of such";
    List<Double> values = new ArrayList<>();
    if (has(key)) {
      Iterable<JsonNode> elements =
          node.get(key).isArray() ? node.get(key) : List.of(node.get(key));
      for (JsonNode element : elements) {
        values.add(number(element, key, min, max, expected));
      }
    }
    return values;
  }

  List<String> texts(String key) {
    List<String> values = new ArrayList<>();
    for (JsonNode element : list(key, "a list of texts")) {
      if (!element.isTextual() || element.textValue().isBlank()) {
        throw invalid(key, "a list of texts, none of them blank");
      }
      values.add(element.textValue());
    }
    return values;
  }

  /** A list of regular expressions, which may be empty texts; none if absent. */
  List<String> expressions(String key) {
    List<String> values = new ArrayList<>();
    for (JsonNode element : list(key, "a list of texts")) {
      // An expression of digits alone is a number in YAML, and null an empty one.
      if (!element.isTextual() && !element.isIntegralNumber() && !element.isNull()) {
        throw invalid(key, "a list of texts");
      }
      values.add(element.isNull() ? "" : element.asText());
    }
    return values;
  }

  /** A list of [start, end] pairs of integers; empty if absent. */
  List<int[]> pairs(String key, int min, int max) {
    String expected = "a list of [start, end] pairs of integers between " + min + " and " + max;
    List<int[]> pairs = new ArrayList<>();
    for (JsonNode element : list(key, expected)) {
      if (!element.isArray() || element.size() != 2) {
        throw invalid(key, expected);
      }
      pairs.add(
          new int[] {
            integer(element.get(0), key, min, max, expected),
            integer(element.get(1), key, min, max, expected)
          });
    }
    return pairs;
  }

  /** {@code FILE: key is VALUE, but must be EXPECTED.} */
  InvalidPlanException invalid(String key, String expected) {
    return new InvalidPlanException(
        source
            + ": "
            + name(key)
            + " is "
            + describe(node.path(key))
            + ", but must be "
            + expected
            + ".");
  }

  /** {@code FILE: key is VALUE, but TYPE is no number; it must be EXPECTED.} */
  private InvalidPlanException wrongType(String key, JsonNode value, String expected) {
    String type = kind(value);
    return contradiction(
        key,
        type
            + (value.isNumber() ? " is no integer" : " is no number")
            + "; it must be "
            + expected);
  }

  /** {@code FILE: key is VALUE, but REASON.} */
  InvalidPlanException contradiction(String key, String reason) {
    return new InvalidPlanException(
        source + ": " + name(key) + " is " + describe(node.path(key)) + ", but " + reason + ".");
  }

  /** {@code FILE: REASON.} */
  InvalidPlanException failure(String reason) {
    return new InvalidPlanException(source + ": " + reason + ".");
  }

  private Iterable<JsonNode> list(String key, String expected) {
    if (!has(key)) {
      return List.of();
    }
    if (!node.get(key).isArray()) {
      throw invalid(key, expected);
    }
    return node.get(key);
  }

  private int integer(JsonNode value, String key, int min, int max, String expected) {
    if (!value.isIntegralNumber()) {
      throw wrongType(key, value, expected);
    }
    if (!value.canConvertToInt() || value.intValue() < min || value.intValue() > max) {
      throw invalid(key, expected);
    }
    return value.intValue();
  }

  private double number(JsonNode value, String key, double min, double max, String expected) {
    double number = Double.NaN;
    if (value.isNumber()) {
      number = value.doubleValue();
    } else if (value.isTextual()) {
      // YAML 1.1 reads 1e-5, which has no dot, as text.
      try {
        number = Double.parseDouble(value.textValue());
      } catch (NumberFormatException notANumber) {
        throw wrongType(key, value, expected);
      }
    } else {
      throw wrongType(key, value, expected);
    }
    if (!(number >= min && number <= max)) {
      throw invalid(key, expected);
    }
    return number;
  }

  private static boolean isEmpty(JsonNode value) {
    return value.isMissingNode()
        || value.isNull()
        || (value.isTextual() && (value.textValue().isBlank() || value.textValue().equals("None")));
  }

  /** The type of a value that has the wrong one. */
  private static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case BOOLEAN -> "true or false";
      case ARRAY -> "a list";
      case OBJECT -> "a mapping";
      case NUMBER -> "a fraction";
      case NULL, MISSING -> "nothing";
      default -> "text";
    };
  }

  private static String describe(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return "empty";
    }
    String text = value.toString();
    return text.length() <= 60 ? text : text.substring(0, 57) + "...";
  }
}
