package org.viditq.tensorrt.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.onnx.GraphFingerprint;
import org.viditq.tensorrt.engine.EngineException.Reason;

/**
 * Engines in files that a user has named. They may lie anywhere, as naming them is trusting them;
 * everything else is checked before they are used.
 */
public final class NamedEngines implements EngineSource {
  private final Map<Path, EngineDescription> engines = new LinkedHashMap<>();
  private final Supplier<EngineTarget> here;
  private final Optional<String> plugins;

  /**
   * @param here the device and library that they will run on, asked for when one is used
   * @param plugins SHA-256 of the plugin library that is there
   * @throws EngineException if one is not there, has no description, or is not whole
   */
  public NamedEngines(List<Path> files, Supplier<EngineTarget> here, Optional<String> plugins) {
    this.here = here;
    this.plugins = plugins;
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new EngineException(Reason.UNREADABLE, "There is no engine " + file + ".");
      }
      EngineDescription description = EngineDescription.read(file);
      description.requireBytes(file);
      description.requireWeights(file);
      engines.put(file, description);
    }
  }

  @Override
  public EngineFile engine(EngineRequest request, ProgressListener progress) {
    GraphFingerprint graph = request.graph().fingerprint();
    EngineException unfit = null;
    for (Map.Entry<Path, EngineDescription> engine : engines.entrySet()) {
      try {
        return checked(engine.getKey(), engine.getValue(), graph, request);
      } catch (EngineException e) {
        // Of an engine of this graph, rather than that another one is of another graph.
        boolean nearer = engine.getValue().graph().equals(graph);
        unfit = unfit == null || nearer ? e : unfit;
      }
    }
    throw unfit == null
        ? new EngineException(
            Reason.OTHER_MODEL, "No engine of the " + request.name() + " was named.")
        : unfit;
  }

  private EngineFile checked(
      Path file, EngineDescription description, GraphFingerprint graph, EngineRequest request) {
    description.requireGraph(graph, Map.of(), file);
    description.requireTarget(here.get(), file);
    description.requirePlugins(plugins, file);
    description.requireShapes(request.shapes(), file);
    return new EngineFile(file, description.sha256());
  }

  @Override
  public void close() {}
}
