package org.viditq.tensorrt.build;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.viditq.onnx.GraphFile;
import org.viditq.tensorrt.engine.EngineTarget;
import org.viditq.tensorrt.engine.Profile;

/** Makes engines for the device of this machine. */
public interface EngineBuilder extends AutoCloseable {
  /** The device and what builds for it. */
  EngineTarget target();

  /** SHA-256 of the plugin library; empty if there is none. */
  Optional<String> plugins();

  /**
   * Builds an engine.
   *
   * @param profiles at least one
   * @param target where it is written to
   * @throws org.viditq.core.error.MemoryException if it would not fit into memory
   * @throws org.viditq.core.error.BackendException if it cannot be built, with TensorRT's reason,
   *     or the build was ended
   */
  void build(
      GraphFile graph,
      List<Profile> profiles,
      BuildOptions options,
      Path target,
      BuildListener listener);

  /**
   * Fills an engine that was built without weights.
   *
   * @param stripped an engine of a graph of the same structure
   * @param graph with the weights
   * @param target where the engine with weights is written to; it can be refitted too
   * @throws org.viditq.core.error.BackendException if names or extents of weights do not fit
   */
  void refit(Path stripped, GraphFile graph, Path target);

  @Override
  void close();
}
