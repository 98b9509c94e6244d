package org.viditq.cli.export;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.viditq.cli.export.TritonConfig.Server;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.IoReason;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.OnnxGraph;

/**
 * A model repository of Triton:
 *
 * <pre>
 * NAME/config.pbtxt               for ONNX Runtime
 *      configs/tensorrt.pbtxt     for TensorRT, chosen by --model-config-name=tensorrt
 *      1/model.onnx, model.onnx.data
 *      1/model.plan               made by 'viditq build' where it is served
 * pipeline/config.pbtxt           an ensemble of all, from prompts to pictures
 * README.md                       how they are served, and in which order called
 * </pre>
 */
final class TritonRepository {
  /** The folder of the only version of a model. */
  static final String VERSION = "1";

  private static final String SERVED = "triton.md";
  private static final String ENSEMBLE = "triton-ensemble.md";
  private static final String STEPS = "triton-steps.md";

  private TritonRepository() {}

  /**
   * Writes the configurations of a network.
   *
   * @param model the network's folder
   * @param graph in the folder of its version
   */
  static void write(Path model, String name, Path graph) {
    GraphFile read = GraphFile.open(graph);
    Path configs = model.resolve("configs");
    try {
      Files.createDirectories(configs);
      Files.writeString(
          model.resolve("config.pbtxt"), TritonConfig.of(name, read, Server.ONNXRUNTIME));
      Files.writeString(
          configs.resolve(Server.TENSORRT.name().toLowerCase(Locale.ROOT) + ".pbtxt"),
          TritonConfig.of(name, read, Server.TENSORRT));
    } catch (IOException e) {
      throw new OutputException("Cannot write to " + model + ": " + IoReason.of(e) + ".", e);
    }
  }

  /**
   * Writes the model that calls the networks one after the other.
   *
   * @param names of the networks, whose graphs are there
   */
  static void writeEnsemble(Path repository, List<String> names) {
    String config = TritonConfig.of(ensemble(repository, names));
    Path model = repository.resolve(TritonEnsemble.NAME);
    Path configs = model.resolve("configs");
    try {
      Files.createDirectories(configs);
      // It has no file, but a version all the same.
      Files.createDirectories(model.resolve(VERSION));
      Files.writeString(model.resolve("config.pbtxt"), config);
      Files.writeString(
          configs.resolve(Server.TENSORRT.name().toLowerCase(Locale.ROOT) + ".pbtxt"), config);
    } catch (IOException e) {
      throw new OutputException("Cannot write to " + model + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static TritonEnsemble ensemble(Path repository, List<String> names) {
    Map<String, GraphFile> graphs = new LinkedHashMap<>();
    for (String name : names) {
      graphs.put(
          name,
          GraphFile.open(repository.resolve(name).resolve(VERSION).resolve(OnnxGraph.MODEL_FILE)));
    }
    return TritonEnsemble.of(graphs);
  }

  /** Says how the networks are served. */
  static void writeReadme(Path repository, List<String> names) {
    boolean whole = Files.isDirectory(repository.resolve(TritonEnsemble.NAME));
    String served = text(SERVED);
    String called =
        whole
            ? text(ENSEMBLE).replace("@INPUTS@", table(ensemble(repository, names)))
            : text(STEPS);
    try {
      Files.writeString(
          repository.resolve("README.md"),
          (served + called)
              .replace("@NAMES@", String.join(" ", names))
              .replace("@OPS@", TritonConfig.OPERATORS)
              .replace("@PIPELINE@", TritonEnsemble.NAME));
    } catch (IOException e) {
      throw new OutputException("Cannot write to " + repository + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static String text(String resource) {
    try (InputStream stream = TritonRepository.class.getResourceAsStream(resource)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new OutputException("Cannot read " + resource + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** A row per input. */
  private static String table(TritonEnsemble ensemble) {
    StringBuilder rows = new StringBuilder("| input | type | extents |\n|---|---|---|\n");
    for (GraphFile.Value input : ensemble.inputs()) {
      rows.append("| `")
          .append(input.name())
          .append("` | ")
          .append(TritonConfig.type(input).substring("TYPE_".length()))
          .append(" | ")
          .append(String.join(", ", input.extents()))
          .append(" |\n");
    }
    return rows.toString();
  }
}
