package org.viditq.quantize.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;

/**
 * Writes a quantized transformer as a folder that can stand where the full-precision {@code
 * transformer/} stood: config.json with a {@code quantization_config}, and one safetensors file
 * with the quantized layers and everything else as it was.
 */
public final class QuantizedCheckpointWriter {
  static final String FORMAT = "viditq-quantized";

  /** Of files whose layers say nothing that version 1 has no words for. */
  static final String VERSION = "1";

  /** Of files with rotations, low-rank branches or corrections, which older programs would miss. */
  static final String EXTENDED_VERSION = "2";

  static final String WEIGHTS_FILE = "diffusion_pytorch_model.safetensors";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String CONFIG_FILE = "config.json";

  private QuantizedCheckpointWriter() {}

  /** Names of the files that are written into the folder. */
  public static String[] files() {
    return new String[] {WEIGHTS_FILE, CONFIG_FILE};
  }

  /**
   * As {@link #write(Path, JsonNode, DenoiserModel, Checkpoint, QuantizationPlan, QuantizedLayers,
   * Origin)}, for a plan without statistics on weights as they are stored.
   */
  public static void write(
      Path folder,
      JsonNode config,
      DenoiserModel model,
      Checkpoint source,
      QuantizationPlan plan,
      QuantizedLayers quantized) {
    write(
        folder, config, model, source, plan, quantized, Origin.of(source, plan, Optional.empty()));
  }

  /**
   * Writes all or nothing.
   *
   * @param folder created, or its files of these names replaced
   * @param config the transformer's config.json
   * @param model whose weights they are
   * @param source the full-precision weights
   * @param origin what they were made from; of a model with adapters merged, the weights without
   *     them
   * @throws OutputException if the folder cannot be written
   */
  public static void write(
      Path folder,
      JsonNode config,
      DenoiserModel model,
      Checkpoint source,
      QuantizationPlan plan,
      QuantizedLayers quantized,
      Origin origin) {
    Map<String, QuantizedLinearParameters> layers = quantized.layers();
    ObjectNode completed = config.deepCopy();
    completed.set("quantization_config", QuantizationConfig.of(plan, layers, model.linearLayers()));
    try (AtomicOutput output = AtomicOutput.folder(folder)) {
      SafetensorsWriter.write(
          output.path().resolve(WEIGHTS_FILE),
          tensors(source, layers),
          metadata(plan, quantized, origin));
      Files.writeString(
          output.path().resolve(CONFIG_FILE),
          JSON.writerWithDefaultPrettyPrinter().writeValueAsString(completed) + "\n");
      output.commit();
    } catch (IOException e) {
      throw new OutputException("Cannot write " + folder + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static Map<String, String> metadata(
      QuantizationPlan plan, QuantizedLayers quantized, Origin origin) {
    Map<String, QuantizedLinearParameters> layers = quantized.layers();
    Map<String, String> metadata = new TreeMap<>(origin.metadata());
    metadata.put("format", "pt"); // what diffusers asks of its own files
    metadata.put("viditq_format", FORMAT);
    boolean plain =
        layers.values().stream().allMatch(layer -> LayerDescription.of(layer).isPlain());
    metadata.put("viditq_format_version", plain ? VERSION : EXTENDED_VERSION);
    metadata.put("viditq_plan", plan.name());
    metadata.put("viditq_layers", LayerJson.write(layers));
    if (!quantized.attention().equals(AttentionPrecisions.FLOAT)) {
      metadata.put(AttentionJson.KEY, AttentionJson.of(quantized.attention()).toString());
    }
    return metadata;
  }

  private static List<StoredTensor> tensors(
      Checkpoint source, Map<String, QuantizedLinearParameters> layers) {
    List<StoredTensor> tensors = new ArrayList<>();
    for (String name : source.names()) {
      if (!layers.containsKey(layerOf(name))) {
        tensors.add(source.get(name));
      }
    }
    layers.values().forEach(layer -> tensors.addAll(LayerTensors.of(layer)));
    return tensors;
  }

  private static String layerOf(String tensor) {
    int dot = tensor.lastIndexOf('.');
    return dot < 0 ? tensor : tensor.substring(0, dot);
  }
}
