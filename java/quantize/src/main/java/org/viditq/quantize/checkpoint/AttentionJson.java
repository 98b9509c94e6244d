package org.viditq.quantize.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Map;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.operators.AttentionPrecision;

/** The precisions of attention in the metadata of a quantized checkpoint; none for float32. */
final class AttentionJson {
  static final String KEY = "viditq_attention";

  private static final ObjectMapper JSON = new ObjectMapper();

  private AttentionJson() {}

  static ObjectNode of(AttentionPrecisions attention) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("self", attention.self().toString())
        .put("temporal", attention.temporal().toString())
        .put("cross", attention.cross().toString());
  }

  /**
   * @param source what messages call the file
   * @throws InvalidCheckpointException if the metadata is none of this program's
   */
  static AttentionPrecisions read(Map<String, String> metadata, String source) {
    String text = metadata.get(KEY);
    if (text == null) {
      return AttentionPrecisions.FLOAT;
    }
    try {
      JsonNode node = JSON.readTree(text);
      return new AttentionPrecisions(
          precision(node.path("self")),
          precision(node.path("temporal")),
          precision(node.path("cross")));
    } catch (JsonProcessingException | IllegalArgumentException unknown) {
      throw new InvalidCheckpointException(
          source
              + " has metadata "
              + KEY
              + " that does not give fp32, bf16 or int8 for self, temporal and cross; quantize"
              + " again.",
          unknown);
    }
  }

  private static AttentionPrecision precision(JsonNode node) {
    return AttentionPrecision.valueOf(node.asText().toUpperCase(Locale.ROOT));
  }
}
