package org.viditq.core.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/**
 * JSON as Python writes it ({@code NaN}, {@code Infinity} and {@code -Infinity} are numbers), but
 * with duplicate keys and anything behind the document rejected.
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
   * Parses one UTF-8 document; an empty one gives a missing node.
   *
   * @throws JsonProcessingException if it is not JSON
   */
  public static JsonNode parse(byte[] utf8) throws JsonProcessingException {
    try {
      return MAPPER.readTree(utf8);
    } catch (JsonProcessingException malformed) {
      throw malformed;
    } catch (IOException impossible) {
      throw new IllegalStateException("Reading an array failed.", impossible);
    }
  }

  /** What is wrong, and where, on one line and without the excerpt Jackson adds. */
  public static String describe(JsonProcessingException malformed) {
    String reason = malformed.getOriginalMessage().lines().findFirst().orElse("malformed");
    return malformed.getLocation() == null
        ? reason
        : reason
            + " (line "
            + malformed.getLocation().getLineNr()
            + ", column "
            + malformed.getLocation().getColumnNr()
            + ")";
  }
}
