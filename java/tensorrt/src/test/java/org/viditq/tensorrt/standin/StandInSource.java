package org.viditq.tensorrt.standin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.viditq.core.io.Sha256;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.onnx.OnnxGraph;
import org.viditq.tensorrt.engine.EngineFile;
import org.viditq.tensorrt.engine.EngineRequest;
import org.viditq.tensorrt.engine.EngineSource;

/** Builds an engine whenever one is asked for, into a folder. */
public final class StandInSource implements EngineSource {
  private final Path folder;
  private final List<EngineRequest> requests = new ArrayList<>();

  public StandInSource(Path folder) {
    this.folder = folder;
  }

  /** What was asked for. */
  public List<EngineRequest> requests() {
    return List.copyOf(requests);
  }

  @Override
  public EngineFile engine(EngineRequest request, ProgressListener progress) {
    requests.add(request);
    progress.progress(ProgressListener.Stage.BUILDING, 0, 1);
    Path place = folder.resolve(request.name() + requests.size());
    request.graph().write(place);
    byte[] bytes = new StandInPlan(place.resolve(OnnxGraph.MODEL_FILE), request.profile()).write();
    try {
      Path file = Files.write(folder.resolve(request.name() + requests.size() + ".engine"), bytes);
      progress.progress(ProgressListener.Stage.BUILDING, 1, 1);
      return new EngineFile(file, HexFormat.of().formatHex(Sha256.begin().digest(bytes)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    // The folder belongs to the test.
  }
}
