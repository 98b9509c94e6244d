package org.viditq.tensorrt.engine;

import java.util.Map;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.OnnxGraph;

/**
 * An engine that is needed.
 *
 * @param name what messages call it: transformer, t5, bert, vae, sampling_step
 * @param graph in the plugin dialect; its weights are open while the request is served
 * @param shapes of all inputs as they will be run, by name
 * @param profile what to build for where no engine takes these shapes; holds them
 */
public record EngineRequest(
    String name, OnnxGraph graph, Map<String, Shape> shapes, Profile profile) {
  public EngineRequest {
    shapes = Map.copyOf(shapes);
  }
}
