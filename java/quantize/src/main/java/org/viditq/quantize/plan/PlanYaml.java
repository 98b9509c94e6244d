package org.viditq.quantize.plan;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.viditq.core.error.InvalidPlanException;

/** Reads one YAML document strictly: no duplicate keys, nothing behind it. */
final class PlanYaml {
  /** Far above any real plan (the largest published map is 60 kB), far below any memory trouble. */
  private static final long MAX_BYTES = 4 << 20;

  private static final ObjectMapper MAPPER =
      YAMLMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private PlanYaml() {}

  static PlanNode read(Path file) {
    byte[] bytes;
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new InvalidPlanException(
            file + " is larger than " + (MAX_BYTES >> 20) + " MiB; this is no plan.");
      }
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new InvalidPlanException("Cannot read plan " + file + "; check the path.", e);
    }
    return parse(bytes, file.toString());
  }

  static PlanNode parse(byte[] yaml, String source) {
    JsonNode node;
    try {
      node = MAPPER.readTree(UTF_8.newDecoder().decode(ByteBuffer.wrap(yaml)).toString());
    } catch (MismatchedInputException trailing) {
      throw new InvalidPlanException(
          source + " holds more than one YAML document; a plan is one.", trailing);
    } catch (CharacterCodingException notText) {
      throw malformed(source, "it is not UTF-8 text", notText);
    } catch (JsonProcessingException malformed) {
      JsonLocation at = malformed.getLocation();
      throw malformed(
          source,
          firstLine(malformed.getOriginalMessage())
              + (at == null ? "" : " (line " + at.getLineNr() + ")"),
          malformed);
    } catch (IOException | RuntimeException malformed) {
      // SnakeYAML's scanner lets some of its own runtime exceptions through.
      throw malformed(source, firstLine(String.valueOf(malformed.getMessage())), malformed);
    }
    if (node == null || node.isMissingNode() || node.isNull()) {
      throw new InvalidPlanException(source + " is empty; a plan needs at least weight bits.");
    }
    return PlanNode.root(source, node);
  }

  private static InvalidPlanException malformed(String source, String reason, Exception cause) {
    return new InvalidPlanException(source + " is not valid YAML: " + reason + ".", cause);
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("malformed").strip();
  }
}
