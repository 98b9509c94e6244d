package org.viditq.core.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.model.cache.StepCache;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.ObservedBlocks;
import org.viditq.core.pipeline.cache.SamplingCache;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.pipeline.cache.StepObserver;
import org.viditq.core.tensor.Tensor;

/** A model of any family on a backend that computes at once. */
public final class ModelDenoiser<V> implements Denoiser {
  private final DenoiserModel model;
  private final PreparedDenoiser<V> prepared;
  private final NonFiniteTracer<V> operators;
  private final Runnable release;
  private EvaluationCount evaluations = EvaluationCount.NONE;

  /**
   * Prepares a model.
   *
   * @param release run when the denoiser is closed: frees what it was made of
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor
   * @throws org.viditq.core.error.NonFiniteException naming a layer with NaN or infinity
   */
  public ModelDenoiser(
      DenoiserModel model, Parameters parameters, Operators<V> operators, Runnable release) {
    this.model = model;
    this.operators = new NonFiniteTracer<>(operators);
    this.prepared = model.prepare(parameters, this.operators);
    this.release = release;
  }

  @Override
  public DenoiserModel model() {
    return model;
  }

  /**
   * {@inheritDoc}
   *
   * @throws org.viditq.core.error.NonFiniteException if it holds NaN or infinity, naming the
   *     operator that was the first to give one
   */
  @Override
  public Tensor predict(DenoiserInput input) {
    return finite(input, () -> prediction(input, StepCache.none()));
  }

  private Tensor finite(DenoiserInput input, Supplier<Tensor> prediction) {
    return operators.finite("the denoiser at timestep " + input.timestep(), prediction);
  }

  private Tensor prediction(DenoiserInput input, StepCache<V> cache) {
    operators.selectTimestep(input.timestep());
    try (Scope<V> scope = operators.scope()) {
      return operators.read(prepared.evaluate(valuesOf(input), cache));
    }
  }

  @Override
  public CachedSampling begin(StepCaching caching, int evaluations, int pictures) {
    return new Cached(caching, evaluations, pictures);
  }

  @Override
  public CachedSampling observe(StepObserver observer, int pictures) {
    return new CachedSampling() {
      @Override
      public Tensor predict(DenoiserInput input) {
        return byPicture(
            input,
            pictures,
            (picture, own) ->
                finite(
                    own,
                    () -> prediction(own, new ObservedBlocks<>(operators, picture, observer))));
      }

      @Override
      public void close() {}
    };
  }

  private static Tensor byPicture(
      DenoiserInput input, int pictures, BiFunction<Integer, DenoiserInput, Tensor> predict) {
    Tensor[] each = new Tensor[pictures];
    for (int i = 0; i < pictures; i++) {
      each[i] = predict.apply(i, CachedSampling.ofPicture(input, i, pictures));
    }
    return CachedSampling.join(each);
  }

  @Override
  public EvaluationCount evaluations() {
    return evaluations;
  }

  /**
   * A sampling with a cache for the batch, or for each picture where they are decided one by one:
   * then each is computed by itself, and has the bytes that it has alone.
   */
  private final class Cached implements CachedSampling {
    private final Scope<V> sampling = operators.scope();
    private final List<SamplingCache<V>> caches = new ArrayList<>();
    private final int pictures;
    private boolean open = true;

    Cached(StepCaching caching, int evaluations, int pictures) {
      this.pictures = pictures;
      for (int i = 0; i < (caching.apart() ? pictures : 1); i++) {
        caches.add(new SamplingCache<>(operators, sampling, caching, evaluations));
      }
    }

    @Override
    public Tensor predict(DenoiserInput input) {
      return caches.size() == 1
          ? predict(input, caches.get(0))
          : byPicture(input, pictures, (picture, own) -> predict(own, caches.get(picture)));
    }

    private Tensor predict(DenoiserInput input, SamplingCache<V> cache) {
      Tensor prediction =
          finite(
              input,
              () -> {
                cache.begin();
                return prediction(input, cache);
              });
      cache.commit();
      return prediction;
    }

    @Override
    public void close() {
      if (!open) {
        return;
      }
      open = false;
      sampling.close();
      int each = pictures / caches.size();
      for (SamplingCache<V> cache : caches) {
        EvaluationCount count = cache.count();
        evaluations =
            evaluations.plus(new EvaluationCount(count.asked() * each, count.skipped() * each));
      }
    }
  }

  private DenoiserValues<V> valuesOf(DenoiserInput input) {
    return new DenoiserValues<>() {
      @Override
      public Optional<V> find(String name) {
        return input.find(name).map(operators::constant);
      }
    };
  }

  @Override
  public void releaseIdleMemory() {
    operators.releaseIdleMemory();
  }

  @Override
  public void close() {
    release.run();
  }
}
