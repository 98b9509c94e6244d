package org.viditq.tensorrt.run;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.RecordedInputs;
import org.viditq.core.pipeline.CachedSampling;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingDenoiser;
import org.viditq.core.pipeline.WholeNetworkSampling;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.ActiveSetRanges;
import org.viditq.onnx.SamplingStepGraph.Form;
import org.viditq.tensorrt.runtime.DeviceStream;

/**
 * A transformer as an engine, which also takes the steps of samplings on the device; or as those of
 * step caching. Not both are loaded at a time, as each has all weights.
 */
final class EngineDenoiser implements SamplingDenoiser {
  private final DenoiserModel model;
  private final NetworkRun run;
  private final ActiveSetRanges sets;
  private final Supplier<CachingEngines> openCaching;
  private final Runnable release;
  private SamplingLoop loop;
  private CachingEngines caching;
  private EvaluationCount evaluations = EvaluationCount.NONE;
  private boolean closed;

  /**
   * @param run of the graph of the model, closed with this
   * @param openCaching opens the engines of step caching, when a sampling asks for it
   * @param release run when this is closed
   */
  EngineDenoiser(
      DenoiserModel model, NetworkRun run, Supplier<CachingEngines> openCaching, Runnable release) {
    this.model = model;
    this.run = run;
    this.openCaching = openCaching;
    this.sets = run.graph().activeSets();
    this.release = release;
  }

  @Override
  public DenoiserModel model() {
    return model;
  }

  @Override
  public void prepare(DenoiserInput like, ProgressListener progress) {
    ready(RecordedInputs.of(model, like), progress);
  }

  @Override
  public Tensor predict(DenoiserInput input) {
    DenoiserInput complete = RecordedInputs.of(model, input);
    ready(complete, ProgressListener.NONE);
    complete.tensors().forEach(run::upload);
    run.chooseSet(ActiveSetRanges.INPUT, sets.at(input.timestep()));
    return run.run();
  }

  @Override
  public Tensor sample(Sampling sampling) {
    Tensor latents = sampling.latents();
    int copies = sampling.guidance().isPresent() ? 2 : 1;
    int[] dims = latents.shape().toArray();
    dims[0] *= copies;
    DenoiserInput like =
        RecordedInputs.of(
            model,
            DenoiserInput.of(
                Tensor.zeros(dims),
                sampling.steps().steps().get(0).timestep(),
                sampling.conditions()));
    Execution execution = ready(like, ProgressListener.NONE);
    Form form = SamplingLoop.form(sampling, execution.shape(InputNames.PREDICTION).dim(1));
    if (loop == null || !loop.form().equals(form)) {
      closeLoop();
      loop = run.loop(form, latents.shape(), ProgressListener.NONE);
    }
    // These are written by the loop.
    run.forget(InputNames.LATENTS, InputNames.TIMESTEPS);
    like.tensors()
        .forEach(
            (name, values) -> {
              if (!name.equals(InputNames.LATENTS) && !name.equals(InputNames.TIMESTEPS)) {
                run.upload(name, values);
              }
            });
    return loop.sample(sampling, sets);
  }

  @Override
  public CachedSampling begin(StepCaching kind, int steps, int pictures) {
    kind.requireOfWholeNetworks();
    if (caching == null) {
      closeLoop();
      run.unload();
      caching = openCaching.get();
    }
    return new WholeNetworkSampling(
        caching.sampling(pictures),
        kind,
        steps,
        pictures,
        count -> evaluations = evaluations.plus(count));
  }

  @Override
  public EvaluationCount evaluations() {
    return evaluations;
  }

  private Execution ready(DenoiserInput input, ProgressListener progress) {
    closeCaching();
    Map<String, Shape> shapes = new LinkedHashMap<>(NetworkRun.shapes(input.tensors()));
    shapes.put(ActiveSetRanges.INPUT, Shape.of(1));
    if (!run.isReady(shapes)) {
      closeLoop(); // it writes to memory that is about to be freed
    }
    return run.ready(shapes, progress);
  }

  private void closeLoop() {
    if (loop != null) {
      try (Resources all = new Resources()) {
        all.add(loop, SamplingLoop::close);
        all.add(run.stream(), DeviceStream::synchronize);
      } finally {
        loop = null;
      }
    }
  }

  private void closeCaching() {
    if (caching != null) {
      CachingEngines old = caching;
      caching = null;
      old.close();
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try (Resources all = new Resources()) {
        all.add(release, Runnable::run);
        all.add(this, EngineDenoiser::closeCaching);
        all.add(run, NetworkRun::close);
        all.add(this, EngineDenoiser::closeLoop);
      }
    }
  }
}
