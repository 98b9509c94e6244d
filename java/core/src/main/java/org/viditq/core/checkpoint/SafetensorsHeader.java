package org.viditq.core.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.StrictJson;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;

/**
 * What the JSON header of a safetensors file says, checked against the size of the file: a header
 * that parses describes tensors that tile the data without holes or overlaps.
 *
 * <p>As lenient as the official library: tensors in any order and at any alignment, unknown fields
 * of a tensor, metadata that is null, and blanks around the JSON are accepted; a byte order mark
 * and metadata that are no strings are not. Stricter in one point, which the format's description
 * demands: a key must not come twice.
 *
 * @param entries in order of their offsets
 * @param metadata the string map {@code __metadata__}
 */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
  /** As the official library: a longer header is taken for an attack. */
  static final int MAX_LENGTH = 100_000_000;

  /** Key of the string map among the tensors' names. */
  static final String METADATA = "__metadata__";

  /**
   * @param begin first byte, counted from the end of the header
   * @param end first byte behind
   */
  record Entry(DType dtype, Shape shape, long begin, long end) {}

  // Streamed, so that a hostile header costs little more memory than its own bytes.
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  /**
   * @param dataLength bytes of the file behind the header
   * @param source the file, for messages
   */
  static SafetensorsHeader parse(byte[] utf8, long dataLength, String source) {
    Reader reader = new Reader(source);
    try (JsonParser parser = JSON.createParser(strictUtf8(utf8))) {
      reader.read(parser);
    } catch (JsonProcessingException malformed) {
      throw new InvalidCheckpointException(
          "The header of " + source + " is not valid JSON: " + StrictJson.describe(malformed) + ".",
          malformed);
    } catch (IOException malformed) {
      throw new InvalidCheckpointException(
          "The header of " + source + " is not valid UTF-8.", malformed);
    }
    return new SafetensorsHeader(tile(reader.entries, dataLength, source), reader.metadata);
  }

  /** Fails on malformed bytes, where Jackson's own decoder would put a replacement character. */
  private static InputStreamReader strictUtf8(byte[] utf8) {
    return new InputStreamReader(
        new ByteArrayInputStream(utf8), StandardCharsets.UTF_8.newDecoder());
  }

  /** Orders by offset and checks that the tensors cover the data exactly. */
  private static Map<String, Entry> tile(
      Map<String, Entry> entries, long dataLength, String source) {
    List<Map.Entry<String, Entry>> ordered =
        entries.entrySet().stream()
            .sorted(
                Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
                    .thenComparingLong(e -> e.getValue().end()))
            .toList();
    Map<String, Entry> tiled = new LinkedHashMap<>();
    long expected = 0;
    for (Map.Entry<String, Entry> named : ordered) {
      Entry entry = named.getValue();
      if (entry.begin() != expected) {
        throw invalid(
            named.getKey(),
            source,
            entry.begin() < expected
                ? "overlaps the tensor before it at byte " + entry.begin() + " of the data"
                : "leaves a hole before it: its data starts at byte "
                    + entry.begin()
                    + " instead of "
                    + expected);
      }
      if (entry.end() > dataLength) {
        throw invalid(
            named.getKey(),
            source,
            "ends at byte "
                + entry.end()
                + " of the data, but the file holds only "
                + dataLength
                + "; the file is truncated, as by a download that was interrupted, or its header"
                + " lies");
      }
      expected = entry.end();
      tiled.put(named.getKey(), entry);
    }
    if (expected != dataLength) {
      throw new InvalidCheckpointException(
          source
              + " holds "
              + dataLength
              + " bytes of data, but the tensors of its header end at byte "
              + expected
              + ".");
    }
    return tiled;
  }

  private static InvalidCheckpointException invalid(String tensor, String source, String what) {
    return new InvalidCheckpointException(
        "Tensor " + Printable.name(tensor) + " of " + source + " " + what + ".");
  }

  /** One pass over the tokens of the header. */
  private static final class Reader {
    private final String source;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    Reader(String source) {
      this.source = source;
    }

    void read(JsonParser parser) throws IOException {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new InvalidCheckpointException("The header of " + source + " is not a JSON object.");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals(METADATA) && value == JsonToken.VALUE_NULL) {
          continue;
        }
        if (value != JsonToken.START_OBJECT) {
          throw invalid(name, source, "is not described by a JSON object");
        }
        if (name.equals(METADATA)) {
          readMetadata(parser);
        } else {
          entries.put(name, readEntry(parser, name));
        }
      }
      if (parser.nextToken() != null) {
        throw new InvalidCheckpointException(
            "The header of " + source + " goes on behind its JSON object.");
      }
    }

    private void readMetadata(JsonParser parser) throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = parser.currentName();
        if (parser.nextToken() != JsonToken.VALUE_STRING) {
          throw new InvalidCheckpointException(
              "Metadata " + Printable.name(key) + " of " + source + " is not a string.");
        }
        metadata.put(key, parser.getText());
      }
    }

    private Entry readEntry(JsonParser parser, String name) throws IOException {
      String type = null;
      long[] dims = null;
      long[] offsets = null;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (key) {
          case "dtype" -> {
            if (value != JsonToken.VALUE_STRING) {
              throw invalid(name, source, "has a dtype that is not a string");
            }
            type = parser.getText();
          }
          case "shape" -> dims = readLongs(parser, name, key);
          case "data_offsets" -> offsets = readLongs(parser, name, key);
          default -> parser.skipChildren();
        }
      }
      if (type == null || dims == null || offsets == null) {
        throw invalid(name, source, "lacks its dtype, shape or data_offsets");
      }
      return check(name, type, dims, offsets);
    }

    private long[] readLongs(JsonParser parser, String name, String key) throws IOException {
      if (parser.currentToken() != JsonToken.START_ARRAY) {
        throw invalid(name, source, "has " + key + " that is not an array");
      }
      long[] values = new long[8];
      int count = 0;
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
          throw invalid(
              name,
              source,
              "has "
                  + key
                  + " that holds "
                  + Printable.name(String.valueOf(parser.getText()))
                  + ", which is no integer");
        }
        if (parser.getText().startsWith("-")) {
          throw invalid(name, source, "has " + key + " that holds a negative number");
        }
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
          throw invalid(name, source, "has " + key + " that holds a number beyond 64 bits");
        }
        if (count == values.length) {
          values = Arrays.copyOf(values, 2 * count);
        }
        values[count++] = parser.getLongValue();
      }
      return Arrays.copyOf(values, count);
    }

    private DType dtype(String name, String type) {
      return DType.parse(type)
          .filter(known -> known.name().equals(type))
          .orElseThrow(() -> invalid(name, source, unsupported(type)));
    }

    private static String unsupported(String type) {
      String supported = "; supported are " + Arrays.toString(DType.values());
      return switch (type) {
        case "F6_E2M3", "F6_E3M2" ->
            "has the dtype "
                + type
                + ", whose 6-bit elements have no values without scales that the format does not"
                + " name"
                + supported;
        case "C64" -> "has the dtype C64, but weights are no complex numbers" + supported;
        default -> "has the unknown dtype " + Printable.name(type) + supported;
      };
    }

    private Entry check(String name, String type, long[] dims, long[] offsets) {
      DType dtype = dtype(name, type);
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        throw invalid(name, source, "has data_offsets that are not [begin, end]");
      }
      long elements = 1;
      int[] extents = new int[dims.length];
      for (int i = 0; i < dims.length; i++) {
        // Both factors stay below 2^31, so the product cannot overflow a long.
        elements = Math.min(dims[i], Integer.MAX_VALUE) * elements;
        if (dims[i] > Integer.MAX_VALUE
            || elements > Integer.MAX_VALUE - 8
            || dtype.bytes(elements) > Integer.MAX_VALUE - 8) {
          throw invalid(
              name,
              source,
              "of shape "
                  + Printable.extents(dims)
                  + " claims more than 2 GiB, which is more than one tensor may hold");
        }
        extents[i] = (int) dims[i];
      }
      if (elements * dtype.bits() % 8 != 0) {
        throw invalid(
            name,
            source,
            "has " + elements + " elements of " + dtype + ", which do not end at a byte");
      }
      if (offsets[1] - offsets[0] != dtype.bytes(elements)) {
        throw invalid(
            name,
            source,
            "has "
                + (offsets[1] - offsets[0])
                + " bytes of data, but "
                + dtype
                + " of shape "
                + Shape.of(extents)
                + " needs "
                + dtype.bytes(elements));
      }
      return new Entry(dtype, Shape.of(extents), offsets[0], offsets[1]);
    }
  }
}
