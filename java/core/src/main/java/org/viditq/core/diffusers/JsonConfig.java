package org.viditq.core.diffusers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Placeholder;
import org.viditq.core.io.StrictJson;
import org.viditq.core.io.WholeFile;

/**
 * Typed access to a JSON configuration such as diffusers' {@code config.json}.
 *
 * <p>A key whose value is {@code null} counts as absent, as diffusers means it. Getters without a
 * default require the key. All throw {@link InvalidModelException} naming the file and the key if
 * it is absent or of another type.
 */
public final class JsonConfig {
  private static final int MAX_BYTES = 16 << 20;

  private final JsonNode node;
  private final String source;

  private JsonConfig(JsonNode node, String source) {
    this.node = node;
    this.source = source;
  }

  /**
   * @param source what messages call it: usually the file's path
   * @throws InvalidModelException if {@code node} is not a JSON object
   */
  public static JsonConfig of(JsonNode node, String source) {
    if (!node.isObject()) {
      throw new InvalidModelException(
          source + " holds " + describe(node) + " where a JSON object is needed.");
    }
    return new JsonConfig(node, source);
  }

  /**
   * @throws InvalidModelException if the file is missing, unreadable or not a JSON object
   */
  public static JsonConfig read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidModelException("There is no file " + file + "; the model is incomplete.");
    }
    try {
      byte[] bytes =
          WholeFile.read(file, MAX_BYTES)
              .orElseThrow(
                  () ->
                      new InvalidModelException(
                          file
                              + " is larger than "
                              + (MAX_BYTES >> 20)
                              + " MiB; this is no configuration."));
      Optional<Placeholder> placeholder = Placeholder.of(bytes);
      if (placeholder.isPresent()) {
        throw new InvalidModelException(placeholder.get().refusal(file.toString()));
      }
      return of(StrictJson.parse(bytes), file.toString());
    } catch (JsonProcessingException malformed) {
      throw new InvalidModelException(
          file + " is not valid JSON: " + StrictJson.describe(malformed) + ".", malformed);
    } catch (IOException e) {
      throw new InvalidModelException("Cannot read " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** Where it came from, for messages. */
  public String source() {
    return source;
  }

  /** The object itself. */
  public JsonNode node() {
    return node;
  }

  /** Whether the key is present and not null. */
  public boolean has(String key) {
    return node.hasNonNull(key);
  }

  public int getInt(String key) {
    JsonNode value = require(key, JsonNode::isIntegralNumber, "an integer");
    if (!value.canConvertToInt()) {
      throw invalid(key, "between " + Integer.MIN_VALUE + " and " + Integer.MAX_VALUE);
    }
    return value.intValue();
  }

  public int getInt(String key, int fallback) {
    return has(key) ? getInt(key) : fallback;
  }

  /** An integer of at least 1. */
  public int getPositiveInt(String key) {
    int value = getInt(key);
    if (value < 1) {
      throw invalid(key, "positive");
    }
    return value;
  }

  /** As {@link #getPositiveInt(String)}. */
  public int getPositiveInt(String key, int fallback) {
    return has(key) ? getPositiveInt(key) : fallback;
  }

  /** Any number, infinities and NaN included. */
  public double getDouble(String key) {
    return require(key, JsonNode::isNumber, "a number").doubleValue();
  }

  public double getDouble(String key, double fallback) {
    return has(key) ? getDouble(key) : fallback;
  }

  /** A finite number greater than 0; so must be {@code fallback}. */
  public double getPositiveDouble(String key, double fallback) {
    double value = getDouble(key, fallback);
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw invalid(key, "positive and finite");
    }
    return value;
  }

  public boolean getBoolean(String key) {
    return require(key, JsonNode::isBoolean, "true or false").booleanValue();
  }

  public boolean getBoolean(String key, boolean fallback) {
    return has(key) ? getBoolean(key) : fallback;
  }

  public String getString(String key) {
    return require(key, JsonNode::isTextual, "a string").textValue();
  }

  public String getString(String key, String fallback) {
    return has(key) ? getString(key) : fallback;
  }

  /** The string, or empty if the key is absent. */
  public Optional<String> findString(String key) {
    return has(key) ? Optional.of(getString(key)) : Optional.empty();
  }

  public int[] getIntArray(String key) {
    return elements(key, JsonConfig::isInt, "an array of integers").stream()
        .mapToInt(JsonNode::intValue)
        .toArray();
  }

  public double[] getDoubleArray(String key) {
    return elements(key, JsonNode::isNumber, "an array of numbers").stream()
        .mapToDouble(JsonNode::doubleValue)
        .toArray();
  }

  public List<String> getStrings(String key) {
    return elements(key, JsonNode::isTextual, "an array of strings").stream()
        .map(JsonNode::textValue)
        .toList();
  }

  /** The object below {@code key}. */
  public JsonConfig getObject(String key) {
    return new JsonConfig(require(key, JsonNode::isObject, "an object"), source + " at " + key);
  }

  /**
   * The failure to throw for a value that has the right type but makes no sense, worded like those
   * of the getters: {@code FILE: key is VALUE, but must be EXPECTED.}
   */
  public InvalidModelException invalid(String key, String expected) {
    return new InvalidModelException(
        source
            + ": "
            + key
            + " is "
            + describe(node.path(key))
            + ", but must be "
            + expected
            + ".");
  }

  private JsonNode require(String key, Predicate<JsonNode> type, String expected) {
    JsonNode value = node.path(key);
    if (value.isMissingNode() || value.isNull()) {
      throw new InvalidModelException(
          source + " lacks " + key + ", which must be " + expected + ".");
    }
    if (!type.test(value)) {
      throw invalid(key, expected);
    }
    return value;
  }

  private List<JsonNode> elements(String key, Predicate<JsonNode> type, String expected) {
    JsonNode array = require(key, JsonNode::isArray, expected);
    List<JsonNode> elements = new ArrayList<>(array.size());
    for (JsonNode element : array) {
      if (!type.test(element)) {
        throw invalid(key, expected);
      }
      elements.add(element);
    }
    return elements;
  }

  private static boolean isInt(JsonNode value) {
    return value.isIntegralNumber() && value.canConvertToInt();
  }

  private static String describe(JsonNode value) {
    if (value.isMissingNode()) {
      return "nothing";
    }
    String text = value.toString();
    return text.length() <= 60 ? text : text.substring(0, 57) + "...";
  }
}
