package org.viditq.quantize.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.quantize.weight.QuantizedLayers;

/**
 * A quantized checkpoint that was opened and checked. Weight codes stay where they are mapped, so
 * the checkpoint must stay open while the layers are used.
 *
 * @param plan name of the plan that it was made with
 * @param origin what it was made from
 * @param layers the quantized layers
 * @param parameters everything, quantized where it is
 */
public record QuantizedCheckpoint(
    String plan, Origin origin, QuantizedLayers layers, Parameters parameters) {

  /**
   * Whether {@code checkpoint} was written by {@link QuantizedCheckpointWriter}, or is one of
   * {@link ExchangedInt8}.
   */
  public static boolean recognizes(Checkpoint checkpoint) {
    return isOwn(checkpoint) || ExchangedInt8.recognizes(checkpoint);
  }

  private static boolean isOwn(Checkpoint checkpoint) {
    return QuantizedCheckpointWriter.FORMAT.equals(checkpoint.metadata().get("viditq_format"));
  }

  /** What a checkpoint says of what it was made from. */
  public static Origin origin(Checkpoint checkpoint) {
    return Origin.of(checkpoint.metadata());
  }

  /**
   * Reads the quantized layers and checks every tensor of theirs.
   *
   * @throws InvalidCheckpointException naming the file and the tensor that is missing, misshaped,
   *     or holds a code, scale, zero point or balancing factor outside its range
   */
  public static QuantizedCheckpoint read(Checkpoint checkpoint) {
    Map<String, String> metadata = checkpoint.metadata();
    if (!isOwn(checkpoint) && ExchangedInt8.recognizes(checkpoint)) {
      return ExchangedInt8.read(checkpoint);
    }
    if (!isOwn(checkpoint)) {
      throw new InvalidCheckpointException(
          checkpoint.source()
              + " is no quantized checkpoint of this program; make one with viditq quantize.");
    }
    String version = metadata.get("viditq_format_version");
    if (!QuantizedCheckpointWriter.VERSION.equals(version)
        && !QuantizedCheckpointWriter.EXTENDED_VERSION.equals(version)) {
      throw new InvalidCheckpointException(
          checkpoint.source()
              + " has quantized format version "
              + version
              + ", but this program reads versions up to "
              + QuantizedCheckpointWriter.EXTENDED_VERSION
              + "; quantize the model again.");
    }
    CheckpointParameters others = new CheckpointParameters(checkpoint);
    Map<String, QuantizedLinearParameters> layers = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> layer : layerJson(checkpoint).entrySet()) {
      layers.put(
          layer.getKey(),
          new LayerReader(checkpoint, layer.getKey(), others::leaveOut).read(layer.getValue()));
    }
    QuantizedLayers quantized =
        new QuantizedLayers(layers, AttentionJson.read(metadata, checkpoint.source()));
    return new QuantizedCheckpoint(
        metadata.getOrDefault("viditq_plan", ""),
        Origin.of(metadata),
        quantized,
        quantized.over(others));
  }

  private static Map<String, JsonNode> layerJson(Checkpoint checkpoint) {
    try {
      return LayerJson.read(checkpoint.metadata().getOrDefault("viditq_layers", ""));
    } catch (JsonProcessingException malformed) {
      throw new InvalidCheckpointException(
          checkpoint.source() + " has metadata viditq_layers that is no JSON; quantize again.",
          malformed);
    }
  }
}
