package org.viditq.onnxruntime;

import java.util.function.Supplier;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.pipeline.CachedSampling;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.StepNetworks;
import org.viditq.core.pipeline.WholeNetworkSampling;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.tensor.Tensor;

/**
 * A denoiser whose graph, or whose graphs for step caching, are loaded when they are needed; not
 * both at a time, as each has all weights.
 */
final class RecordedDenoiser implements Denoiser {
  private final DenoiserModel model;
  private final Supplier<GraphDenoiser> loadWhole;
  private final Supplier<CachingSessions> loadCaching;
  private final Runnable release;
  private GraphDenoiser whole;
  private CachingSessions caching;
  private EvaluationCount evaluations = EvaluationCount.NONE;
  private boolean closed;

  /**
   * Loads the graph without step caching.
   *
   * @param release run when the denoiser is closed
   */
  RecordedDenoiser(
      DenoiserModel model,
      Supplier<GraphDenoiser> loadWhole,
      Supplier<CachingSessions> loadCaching,
      Runnable release) {
    this.model = model;
    this.loadWhole = loadWhole;
    this.loadCaching = loadCaching;
    this.release = release;
    this.whole = loadWhole.get();
  }

  @Override
  public DenoiserModel model() {
    return model;
  }

  @Override
  public void prepare(DenoiserInput like, ProgressListener progress) {
    if (whole == null) {
      unload();
      whole = loadWhole.get();
    }
  }

  @Override
  public Tensor predict(DenoiserInput input) {
    prepare(input, ProgressListener.NONE);
    return whole.predict(input);
  }

  @Override
  public CachedSampling begin(StepCaching kind, int steps, int pictures) {
    kind.requireOfWholeNetworks();
    if (caching == null) {
      unload();
      caching = loadCaching.get();
    }
    StepNetworks sampling = caching.sampling(pictures);
    return new WholeNetworkSampling(
        sampling, kind, steps, pictures, count -> evaluations = evaluations.plus(count));
  }

  @Override
  public EvaluationCount evaluations() {
    return evaluations;
  }

  private void unload() {
    GraphDenoiser oldWhole = whole;
    CachingSessions oldCaching = caching;
    whole = null;
    caching = null;
    try {
      if (oldWhole != null) {
        oldWhole.close();
      }
    } finally {
      if (oldCaching != null) {
        oldCaching.close();
      }
    }
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      unload();
    } finally {
      release.run();
    }
  }
}
