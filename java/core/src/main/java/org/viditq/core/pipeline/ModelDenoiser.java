package org.viditq.core.pipeline;

import java.util.Optional;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/** A model of any family on a backend that computes at once. */
public final class ModelDenoiser<V> implements Denoiser {
  private final DenoiserModel model;
  private final PreparedDenoiser<V> prepared;
  private final NonFiniteTracer<V> operators;
  private final Runnable release;

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
    return operators.finite(
        "the denoiser at timestep " + input.timestep(), () -> prediction(input));
  }

  private Tensor prediction(DenoiserInput input) {
    operators.selectTimestep(input.timestep());
    try (Scope<V> scope = operators.scope()) {
      return operators.read(prepared.evaluate(valuesOf(input)));
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
  public void close() {
    release.run();
  }
}
