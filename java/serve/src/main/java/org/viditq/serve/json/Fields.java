package org.viditq.serve.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.viditq.core.error.Printable;
import org.viditq.core.io.StrictJson;
import org.viditq.serve.error.ApiException;

/**
 * The fields of a request, each asked for with its type and its bounds. Bytes that are no UTF-8,
 * keys that come twice, nesting, numbers that are none and fields that nobody has asked for are
 * errors.
 */
public final class Fields {
  /** Requests are flat. */
  private static final int DEEPEST = 8;

  private static final int LONGEST_NUMBER = 64;
  private static final int LONGEST_NAME = 128;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEEPEST)
                          .maxNumberLength(LONGEST_NUMBER)
                          .maxNameLength(LONGEST_NAME)
                          .build())
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private final ObjectNode values;

  /** Whether numbers and booleans come as texts, as in forms. */
  private final boolean texts;

  private final Set<String> asked = new HashSet<>();

  private Fields(ObjectNode values, boolean texts) {
    this.values = values;
    this.texts = texts;
  }

  /**
   * Reads a JSON object.
   *
   * @throws ApiException if it is none
   */
  public static Fields ofJson(byte[] body) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException notUtf8) {
      throw ApiException.invalid("The body is not UTF-8; send JSON in that encoding.");
    }
    JsonNode root;
    try {
      root = MAPPER.readTree(text);
    } catch (JsonProcessingException malformed) {
      throw ApiException.invalid(
          "The body is not the JSON that is expected: " + StrictJson.describe(malformed) + ".");
    } catch (ArithmeticException | NumberFormatException beyondDecimal) {
      throw ApiException.invalid("The body holds a number with an absurd exponent.");
    }
    if (!(root instanceof ObjectNode object)) {
      throw ApiException.invalid(
          "The body must be a JSON object with a prompt, such as {\"prompt\": \"a red ring\"}.");
    }
    return new Fields(object, false);
  }

  /** The fields of a form. */
  public static Fields ofForm(Map<String, List<String>> form) {
    ObjectNode values = JsonNodeFactory.instance.objectNode();
    form.forEach(
        (name, given) -> {
          if (given.size() != 1) {
            throw ApiException.invalid(
                shown(name), "The field " + shown(name) + " is there twice; give it once.");
          }
          values.put(name, given.get(0));
        });
    return new Fields(values, true);
  }

  private Optional<JsonNode> find(String name) {
    asked.add(name);
    return Optional.ofNullable(values.get(name)).filter(value -> !value.isNull());
  }

  /** A text of at most {@code longest} characters (UTF-16 units). */
  public Optional<String> text(String name, int longest) {
    return find(name)
        .map(
            value -> {
              if (!value.isTextual()) {
                throw wrongType(name, "a string", value);
              }
              String text = value.textValue();
              if (text.length() > longest) {
                throw ApiException.invalid(
                    name,
                    "The "
                        + name
                        + " has "
                        + text.length()
                        + " characters, but may have "
                        + longest
                        + ".");
              }
              if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                throw ApiException.invalid(
                    name,
                    "The " + name + " holds half of a surrogate pair, which is no character.");
              }
              return text;
            });
  }

  /** One of some words. */
  public Optional<String> word(String name, String... allowed) {
    Optional<String> word = text(name, LONGEST_NAME);
    word.ifPresent(
        given -> {
          if (!Arrays.asList(allowed).contains(given)) {
            throw ApiException.invalid(
                name,
                "The "
                    + name
                    + " "
                    + shown(given)
                    + " is not known; take "
                    + String.join(" or ", allowed)
                    + ".");
          }
        });
    return word;
  }

  /** A whole number from {@code least} to {@code largest}. */
  public Optional<Integer> integer(String name, int least, int largest) {
    return decimal(name)
        .map(
            number -> {
              if (isWhole(number)
                  && number.compareTo(BigDecimal.valueOf(least)) >= 0
                  && number.compareTo(BigDecimal.valueOf(largest)) <= 0) {
                return number.intValueExact();
              }
              throw ApiException.invalid(
                  name,
                  "The "
                      + name
                      + " "
                      + shown(number.toString())
                      + " is no whole number from "
                      + least
                      + " to "
                      + largest
                      + ".");
            });
  }

  /** A number from {@code least} to {@code largest}. */
  public Optional<Double> number(String name, double least, double largest) {
    return decimal(name)
        .map(
            number -> {
              double value = number.doubleValue();
              if (value >= least && value <= largest) {
                return value;
              }
              throw ApiException.invalid(
                  name,
                  "The "
                      + name
                      + " "
                      + shown(number.toString())
                      + " does not lie between "
                      + least
                      + " and "
                      + largest
                      + ".");
            });
  }

  /** The digits of a whole number of any size, or a text of such digits: seeds. */
  public Optional<String> digits(String name) {
    return find(name)
        .map(
            value -> {
              if (value.isTextual()) {
                return text(name, LONGEST_NUMBER).orElseThrow();
              }
              if (!value.isNumber()) {
                throw wrongType(name, "a whole number", value);
              }
              BigDecimal number = value.decimalValue();
              if (!isWhole(number)) {
                throw ApiException.invalid(
                    name, "The " + name + " " + shown(number.toString()) + " is no whole number.");
              }
              return number.toBigIntegerExact().toString();
            });
  }

  /** True or false. */
  public Optional<Boolean> flag(String name) {
    return find(name)
        .map(
            value -> {
              if (value instanceof BooleanNode) {
                return value.booleanValue();
              }
              if (texts && List.of("true", "false").contains(value.asText())) {
                return Boolean.valueOf(value.asText());
              }
              throw wrongType(name, "true or false", value);
            });
  }

  private Optional<BigDecimal> decimal(String name) {
    return find(name)
        .map(
            value -> {
              if (value.isNumber()) {
                return value.decimalValue();
              }
              if (texts) {
                try {
                  String text = value.asText();
                  if (text.length() <= LONGEST_NUMBER) {
                    return new BigDecimal(text);
                  }
                } catch (NumberFormatException noNumber) {
                  // Said below.
                }
              }
              throw wrongType(name, "a number", value);
            });
  }

  /** Bounded first: 1e999999999 has as many digits, written out. */
  private static boolean isWhole(BigDecimal number) {
    BigDecimal plain = number.stripTrailingZeros();
    return plain.scale() <= 0 && plain.precision() - plain.scale() <= LONGEST_NUMBER;
  }

  /**
   * To be called when all fields have been asked for.
   *
   * @throws ApiException naming a field that none has
   */
  public void requireNoOthers() {
    for (Iterator<String> names = values.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!asked.contains(name)) {
        throw ApiException.unknown(
            shown(name), "There is no parameter " + shown(name) + "; leave it out.");
      }
    }
  }

  private static ApiException wrongType(String name, String type, JsonNode value) {
    return ApiException.invalid(
        name,
        "The "
            + name
            + " must be "
            + type
            + ", not "
            + switch (value.getNodeType()) {
              case ARRAY -> "an array";
              case OBJECT -> "an object";
              case STRING -> "the string " + shown(value.textValue());
              case BOOLEAN -> value.toString();
              default -> "the number " + shown(value.toString());
            }
            + ".");
  }

  private static String shown(String text) {
    return Printable.name(text);
  }
}
