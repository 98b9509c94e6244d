package org.viditq.cli.export;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.viditq.cli.export.TritonConfig.Server;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.IoReason;
import org.viditq.onnx.GraphFile;

/**
 * A model repository of Triton:
 *
 * <pre>
 * NAME/config.pbtxt               for ONNX Runtime
 *      configs/tensorrt.pbtxt     for TensorRT, chosen by --model-config-name=tensorrt
 *      1/model.onnx, model.onnx.data
 *      1/model.plan               made by 'viditq build' where it is served
 * README.md                       how they are served, and in which order called
 * </pre>
 */
final class TritonRepository {
  /** The folder of the only version of a model. */
  static final String VERSION = "1";

  private static final String README = "triton.md";

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

  /** Says how the networks are served. */
  static void writeReadme(Path repository, List<String> names) {
    try (InputStream stream = TritonRepository.class.getResourceAsStream(README)) {
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      Files.writeString(
          repository.resolve("README.md"),
          text.replace("@NAMES@", String.join(" ", names))
              .replace("@OPS@", TritonConfig.OPERATORS));
    } catch (IOException e) {
      throw new OutputException("Cannot write to " + repository + ": " + IoReason.of(e) + ".", e);
    }
  }
}
