package org.viditq.core.diffusers;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** The {@code config.json} of a component that may have none, as authors' checkpoints come. */
public final class ComponentConfig {
  private static final String FILE = "config.json";

  private ComponentConfig() {}

  /**
   * The configuration in a folder, or beside a file of weights; empty if there is none.
   *
   * @throws org.viditq.core.error.InvalidModelException if it is not a JSON object
   */
  public static JsonConfig beside(Path place) {
    Path folder = Files.isDirectory(place) ? place : place.toAbsolutePath().getParent();
    Path file = folder.resolve(FILE);
    return Files.exists(file)
        ? JsonConfig.read(file)
        : JsonConfig.of(JsonNodeFactory.instance.objectNode(), place.toString());
  }
}
