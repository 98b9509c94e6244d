package org.viditq.cli.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.io.IoReason;
import org.viditq.quantize.checkpoint.QuantizedCheckpoint;

/** Finds the checkpoints below a path and lists what they hold. */
final class CheckpointSurvey {
  private static final String PIPELINE_INDEX = "model_index.json";

  private static final List<String> WEIGHT_ENDINGS = List.of(".safetensors", ".bin", ".pth", ".pt");

  private CheckpointSurvey() {}

  /**
   * @param path a checkpoint file or index, a component's folder, or a pipeline's folder
   * @param original the weights that a quantized checkpoint was made from, if they are at hand
   * @return one inventory per checkpoint; for a pipeline in the order of its components' names
   */
  static List<Inventory> of(Path path, Optional<Path> original) {
    if (!Files.isRegularFile(path.resolve(PIPELINE_INDEX))) {
      return List.of(open("", path, original));
    }
    List<Inventory> components = new ArrayList<>();
    for (Path folder : foldersIn(path)) {
      if (holdsCheckpoint(folder)) {
        components.add(open(folder.getFileName().toString(), folder, original));
      }
    }
    if (components.isEmpty()) {
      throw new InvalidModelException(
          "Pipeline folder " + path + " holds no component with weights.");
    }
    return components;
  }

  private static Inventory open(String name, Path path, Optional<Path> original) {
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      Optional<FamilyFinding> family = FamilyFinding.of(path, checkpoint);
      if (original.isEmpty() || !QuantizedCheckpoint.recognizes(checkpoint)) {
        return Inventory.of(name, type(path), checkpoint, family, Optional.empty());
      }
      try (Checkpoint weights = Checkpoints.open(transformer(original.get()))) {
        QuantizedCheckpoint.origin(checkpoint).requireModel(weights, path.toString());
        return Inventory.of(name, type(path), checkpoint, family, Optional.of(weights));
      }
    }
  }

  /** Of a pipeline's folder that of its transformer. */
  private static Path transformer(Path original) {
    return Files.isRegularFile(original.resolve(PIPELINE_INDEX))
        ? original.resolve("transformer")
        : original;
  }

  /** The class that config.json names, as diffusers or transformers write it; empty if none. */
  private static String type(Path path) {
    Path config = path.resolve("config.json");
    if (!Files.isRegularFile(config)) {
      return "";
    }
    JsonNode json = JsonConfig.read(config).node();
    return json.path("_class_name").asText(json.path("architectures").path(0).asText(""));
  }

  private static boolean holdsCheckpoint(Path folder) {
    return list(folder).stream()
        .map(file -> file.getFileName().toString())
        .anyMatch(name -> WEIGHT_ENDINGS.stream().anyMatch(name::endsWith));
  }

  private static List<Path> foldersIn(Path folder) {
    return list(folder).stream().filter(Files::isDirectory).toList();
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    } catch (IOException unreadable) {
      throw new InvalidModelException(
          "Cannot read folder " + folder + ": " + IoReason.of(unreadable) + ".", unreadable);
    }
  }
}
