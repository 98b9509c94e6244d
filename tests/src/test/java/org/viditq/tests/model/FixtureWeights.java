package org.viditq.tests.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Parameters;
import org.viditq.core.tensor.Tensor;

/**
 * The weights, inputs and configuration of a golden case, to be damaged and rearranged by tests.
 */
final class FixtureWeights {
  private static final String WEIGHT = "weight.";
  private static final String INPUT = "input.";

  private final ObjectNode config;
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();
  private final Map<String, Tensor> weights = new LinkedHashMap<>();

  private FixtureWeights(ObjectNode config) {
    this.config = config;
  }

  static FixtureWeights of(String fixture) {
    Path file = Path.of("fixtures", fixture + ".safetensors");
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      FixtureWeights result =
          new FixtureWeights(
              (ObjectNode) new ObjectMapper().readTree(checkpoint.metadata().get("config")));
      for (String name : checkpoint.names()) {
        if (name.startsWith(WEIGHT)) {
          result.weights.put(name.substring(WEIGHT.length()), checkpoint.get(name).toTensor());
        } else if (name.startsWith(INPUT)) {
          result.inputs.put(name.substring(INPUT.length()), checkpoint.get(name).toTensor());
        }
      }
      return result;
    } catch (IOException malformed) {
      throw new UncheckedIOException(malformed);
    }
  }

  ObjectNode config() {
    return config;
  }

  Tensor input(String name) {
    return inputs.get(name);
  }

  Set<String> names() {
    return weights.keySet();
  }

  Tensor get(String name) {
    return weights.get(name);
  }

  FixtureWeights without(String name) {
    if (weights.remove(name) == null) {
      throw new IllegalArgumentException(name);
    }
    return this;
  }

  FixtureWeights with(String name, Tensor tensor) {
    weights.put(name, tensor);
    return this;
  }

  FixtureWeights renamed(String from, String to) {
    Tensor tensor = get(from);
    return without(from).with(to, tensor);
  }

  Parameters parameters() {
    return new CheckpointParameters(checkpoint());
  }

  Checkpoint checkpoint() {
    return new MemoryCheckpoint(
        "memory",
        weights.entrySet().stream()
            .map(entry -> MemoryTensor.of(entry.getKey(), entry.getValue()))
            .toList());
  }
}
