package org.viditq.core.io;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.CharConversionException;
import java.io.IOException;
import org.viditq.core.error.Printable;

/**
 * JSON as Python reads it from bytes: UTF-8, with or without a byte order mark, UTF-16 or UTF-32;
 * {@code NaN}, {@code Infinity} and {@code -Infinity} are numbers. Stricter in two points: a key
 * that comes twice is an error, as nobody can tell which value was meant where Python silently
 * takes the last, and so is nesting beyond 1000 levels, where Python fails too.
 */
public final class StrictJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictJson() {}

  /**
   * Parses one document; an empty one gives a missing node.
   *
   * @throws JsonProcessingException if it is not JSON
   */
  public static JsonNode parse(byte[] utf8) throws JsonProcessingException {
    try {
      return MAPPER.readTree(utf8);
    } catch (JsonProcessingException malformed) {
      throw malformed;
    } catch (CharConversionException noText) {
      // Bytes that look like UTF-32 and hold a character beyond Unicode.
      throw new JsonParseException(null, noText.getMessage(), noText);
    } catch (IOException impossible) {
      throw new IllegalStateException("Reading an array failed.", impossible);
    }
  }

  /** What is wrong, and where, on one line and without the excerpt Jackson adds. */
  public static String describe(JsonProcessingException malformed) {
    // Names of duplicate fields come from the file.
    String reason = shortened(malformed.getOriginalMessage());
    return malformed.getLocation() == null
        ? reason
        : reason
            + " (line "
            + malformed.getLocation().getLineNr()
            + ", column "
            + malformed.getLocation().getColumnNr()
            + ")";
  }

  private static String shortened(String message) {
    String line = message.lines().findFirst().orElse("malformed");
    return Printable.line(line.length() <= 300 ? line : line.substring(0, 297) + "...");
  }
}
