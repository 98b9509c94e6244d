package org.viditq.media;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.io.Sha256;

/**
 * How a picture or clip was made: prompt, seed, steps and so on, as texts by keyword.
 *
 * <p>PNG has a place for every keyword. The other formats have room for one comment, which holds
 * all of them as a JSON object, so that line breaks, quotes and any script come back as they were.
 *
 * @param texts by keyword, in order; a keyword has 1 to 79 printable ASCII characters
 */
public record Provenance(Map<String, String> texts) {
  public static final Provenance NONE = new Provenance(Map.of());

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper ASCII_JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
  private static final String SOFTWARE = "Software";
  private static final int FINGERPRINT_BYTES = 4;
  private static final String CUT = "…";

  public Provenance {
    texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
    for (String keyword : texts.keySet()) {
      if (!keyword.matches("[ -~]{1,79}")) {
        throw new IllegalArgumentException("No keyword: " + keyword);
      }
    }
  }

  /** The software that made it, or empty: the keyword that PNG and EXIF share. */
  String software() {
    return texts.getOrDefault(SOFTWARE, "");
  }

  /**
   * Eight hexadecimal digits that differ where anything but the software does: the beginning of the
   * SHA-256 of all other texts.
   */
  public String fingerprint() {
    Map<String, String> made = new LinkedHashMap<>(texts);
    made.remove(SOFTWARE);
    byte[] digest =
        Sha256.begin().digest(json(ASCII_JSON, made).getBytes(StandardCharsets.US_ASCII));
    return HexFormat.of().formatHex(digest, 0, FINGERPRINT_BYTES);
  }

  /** All texts as one line of JSON. */
  String json() {
    return json(JSON, texts);
  }

  /**
   * All texts as one line of JSON of at most {@code characters}: where they are longer, the longest
   * texts are cut and end with an ellipsis.
   */
  String json(int characters) {
    Map<String, String> shorter = new LinkedHashMap<>(texts);
    String json = json(JSON, shorter);
    while (json.length() > characters) {
      String longest =
          Collections.max(
              shorter.keySet(), (a, b) -> shorter.get(a).length() - shorter.get(b).length());
      String text = shorter.get(longest);
      // Without the ellipsis of an earlier cut, or two characters would stay two for ever.
      int length = text.endsWith(CUT) ? text.length() - CUT.length() : text.length();
      if (length == 0) {
        return json(JSON, Map.of());
      }
      int half = text.offsetByCodePoints(0, text.codePointCount(0, length) / 2);
      shorter.put(longest, text.substring(0, half) + CUT);
      json = json(JSON, shorter);
    }
    return json;
  }

  /** The same in ASCII, other characters as {@code \}{@code uXXXX}. */
  String asciiJson() {
    return json(ASCII_JSON, texts);
  }

  private static String json(ObjectMapper mapper, Map<String, String> texts) {
    try {
      return mapper.writeValueAsString(texts);
    } catch (JsonProcessingException impossible) {
      // Texts by keyword are always JSON.
      throw new IllegalStateException(impossible);
    }
  }
}
