package org.viditq.quantize.apply;

import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.LinearObserver;
import org.viditq.quantize.calibrate.ObservingOperators;

/**
 * A pipeline's denoiser in full precision on a backend of its own, the inputs of whose linear
 * layers are observed. It is made ready when it is first asked for something.
 */
final class ObservedDenoiser implements AutoCloseable {
  private final DiffusionPipeline pipeline;
  private final Supplier<? extends Operators<?>> backend;
  private final LinearObserver observer;
  private Operators<?> operators;
  private Denoiser denoiser;

  ObservedDenoiser(
      DiffusionPipeline pipeline,
      Supplier<? extends Operators<?>> backend,
      LinearObserver observer) {
    this.pipeline = pipeline;
    this.backend = backend;
    this.observer = observer;
  }

  Tensor predict(DenoiserInput input) {
    if (denoiser == null) {
      operators = backend.get();
      denoiser = observed(operators);
    }
    return denoiser.predict(input);
  }

  private <V> Denoiser observed(Operators<V> inner) {
    return pipeline.openDenoiser(
        UnaryOperator.identity(), new ObservingOperators<>(inner, observer));
  }

  @Override
  public void close() {
    if (denoiser != null) {
      denoiser.close();
    }
    if (operators != null) {
      operators.close();
    }
  }
}
