package org.viditq.bench.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.diffusers.Component;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.IoReason;

/** A pipeline folder with nothing but the transformer of a full-size model, of random weights. */
public final class RandomPipeline {
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  private RandomPipeline() {}

  /**
   * Writes it; the same one every time.
   *
   * @throws OutputException if it cannot be written
   */
  public static void write(FullSizeModel model, Path folder) {
    ObjectMapper json = new ObjectMapper();
    Path transformer = folder.resolve(Component.TRANSFORMER.folder());
    String type = model.config().node().get("_class_name").asText();
    ObjectNode index = json.createObjectNode().put("_class_name", model.name());
    index.putArray(Component.TRANSFORMER.folder()).add("diffusers").add(type);
    try {
      Files.createDirectories(transformer);
      json.writeValue(folder.resolve("model_index.json").toFile(), index);
      json.writeValue(
          transformer.resolve(Component.TRANSFORMER.configFile()).toFile(), model.config().node());
      SafetensorsWriter.write(
          transformer.resolve(WEIGHTS),
          RandomWeights.tensorsOf(model.model()),
          Map.of("format", "pt"));
    } catch (IOException e) {
      throw new OutputException("Cannot write " + folder + ": " + IoReason.of(e) + ".", e);
    }
  }
}
