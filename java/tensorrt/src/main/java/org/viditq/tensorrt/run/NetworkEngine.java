package org.viditq.tensorrt.run;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.viditq.core.error.BackendException;
import org.viditq.core.model.InputSpec;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.OnnxGraph;
import org.viditq.tensorrt.engine.EngineRequest;
import org.viditq.tensorrt.engine.EngineSource;
import org.viditq.tensorrt.engine.Profile;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.Engine;

/**
 * The engine of a network, got when shapes are known, and again where it does not take others. What
 * is asked for is narrow: the shapes that have occurred, and smaller batches.
 */
final class NetworkEngine implements AutoCloseable {
  private final DeviceRuntime runtime;
  private final EngineSource source;
  private final String name;
  private final OnnxGraph graph;
  private final Map<String, Profile.Range> seen = new HashMap<>();
  private Engine engine;

  /**
   * @param name see {@link EngineRequest#name()}
   */
  NetworkEngine(DeviceRuntime runtime, EngineSource source, String name, OnnxGraph graph) {
    this.runtime = runtime;
    this.source = source;
    this.name = name;
    this.graph = graph;
  }

  OnnxGraph graph() {
    return graph;
  }

  /** Whether the engine that is loaded takes inputs of these shapes. */
  boolean takes(Map<String, Shape> shapes) {
    return engine != null && profile(engine.profiles(), shapes) >= 0;
  }

  /**
   * Makes the engine ready to run on inputs of these shapes. Where {@link #takes} says no, the
   * engine is replaced, and executions of it must be closed.
   *
   * @param shapes of all inputs
   * @param elsewhere tensors that lie in somebody else's memory
   */
  Execution open(
      Map<String, Shape> shapes, Map<String, Place> elsewhere, ProgressListener progress) {
    return open(shapes, elsewhere, Set.of(), progress);
  }

  /**
   * As {@link #open(Map, Map, ProgressListener)}.
   *
   * @param onDevice tensors that the host neither writes nor reads
   */
  Execution open(
      Map<String, Shape> shapes,
      Map<String, Place> elsewhere,
      Set<String> onDevice,
      ProgressListener progress) {
    if (!takes(shapes)) {
      close();
      engine =
          runtime.load(
              source.engine(new EngineRequest(name, graph, shapes, profileFor(shapes)), progress));
      if (!takes(shapes)) {
        throw new BackendException(
            "The engine of the network "
                + name
                + " is for inputs of "
                + engine.profiles()
                + ", but is to run on "
                + shapes
                + "; build one whose profile holds them, or leave the engine's name out.");
      }
    }
    int profile = profile(engine.profiles(), shapes);
    return new Execution(name, runtime, engine, profile, shapes, elsewhere, onDevice);
  }

  private static int profile(List<Profile> profiles, Map<String, Shape> shapes) {
    for (int i = 0; i < profiles.size(); i++) {
      if (profiles.get(i).holds(shapes)) {
        return i;
      }
    }
    return -1;
  }

  private Profile profileFor(Map<String, Shape> shapes) {
    Map<String, List<String>> axes = graph.axes();
    shapes.forEach(
        (input, shape) -> seen.merge(input, alone(shape, axes.get(input)), NetworkEngine::around));
    return new Profile(seen);
  }

  /** One shape and smaller batches. */
  private static Profile.Range alone(Shape shape, List<String> axes) {
    int[] smallest = shape.toArray();
    int batch = axes.indexOf(InputSpec.Axis.BATCH.name());
    if (batch >= 0) {
      smallest[batch] = 1;
    }
    return new Profile.Range(Shape.of(smallest), shape, shape);
  }

  private static Profile.Range around(Profile.Range known, Profile.Range more) {
    int[] min = known.min().toArray();
    int[] max = known.max().toArray();
    for (int axis = 0; axis < min.length; axis++) {
      min[axis] = Math.min(min[axis], more.min().dim(axis));
      max[axis] = Math.max(max[axis], more.max().dim(axis));
    }
    return new Profile.Range(Shape.of(min), more.opt(), Shape.of(max));
  }

  /** Frees the engine; executions of it must be closed. */
  @Override
  public void close() {
    if (engine != null) {
      Engine old = engine;
      engine = null;
      old.close();
    }
  }
}
