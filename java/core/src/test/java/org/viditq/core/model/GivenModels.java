package org.viditq.core.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;

/** Configurations and weights that tests describe models by. */
public final class GivenModels {
  private GivenModels() {}

  public static ModelDescription description(ObjectNode json, Checkpoint weights) {
    return new ModelDescription(JsonConfig.of(json, "config.json"), weights);
  }

  /** No weights. */
  public static Checkpoint none() {
    return new ShapesOnly().checkpoint();
  }

  /** No configuration. */
  public static ObjectNode empty() {
    return JsonNodeFactory.instance.objectNode();
  }

  public static ObjectNode json(String text) {
    try {
      return (ObjectNode) new ObjectMapper().readTree(text);
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
