package org.viditq.tensorrt.run;

import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.RecordedInputs;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.ActiveSetRanges;

/** A transformer as an engine. */
final class EngineDenoiser implements Denoiser {
  private final DenoiserModel model;
  private final NetworkRun run;
  private final ActiveSetRanges sets;
  private final Runnable release;
  private boolean closed;

  /**
   * @param run of the graph of the model, closed with this
   * @param release run when this is closed
   */
  EngineDenoiser(DenoiserModel model, NetworkRun run, Runnable release) {
    this.model = model;
    this.run = run;
    this.sets = run.graph().activeSets();
    this.release = release;
  }

  @Override
  public DenoiserModel model() {
    return model;
  }

  @Override
  public void prepare(DenoiserInput like, ProgressListener progress) {
    run.ready(shapes(RecordedInputs.of(model, like)), progress);
  }

  @Override
  public Tensor predict(DenoiserInput input) {
    DenoiserInput complete = RecordedInputs.of(model, input);
    run.ready(shapes(complete), ProgressListener.NONE);
    complete.tensors().forEach(run::upload);
    run.chooseSet(ActiveSetRanges.INPUT, sets.at(input.timestep()));
    return run.run();
  }

  private Map<String, Shape> shapes(DenoiserInput input) {
    Map<String, Shape> shapes = new LinkedHashMap<>(NetworkRun.shapes(input.tensors()));
    shapes.put(ActiveSetRanges.INPUT, Shape.of(1));
    return shapes;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try {
        run.close();
      } finally {
        release.run();
      }
    }
  }
}
