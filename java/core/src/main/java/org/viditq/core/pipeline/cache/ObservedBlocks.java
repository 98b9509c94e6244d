package org.viditq.core.pipeline.cache;

import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.core.model.cache.BlockCache;
import org.viditq.core.model.cache.StepCache;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/** Computes everything of one picture and tells a {@link StepObserver}. */
public final class ObservedBlocks<V> implements StepCache<V> {
  private final Operators<V> operators;
  private final int picture;
  private final StepObserver observer;

  public ObservedBlocks(Operators<V> operators, int picture, StepObserver observer) {
    this.operators = operators;
    this.picture = picture;
    this.observer = observer;
  }

  @Override
  public V blocks(V hidden, Supplier<V> input, UnaryOperator<V> compute) {
    Tensor seen;
    try (Scope<V> scope = operators.scope()) {
      seen = operators.read(input.get());
    }
    float[] before = operators.read(hidden).data();
    V result = compute.apply(hidden);
    float[] residual = operators.read(result).data().clone(); // it may be the value itself
    for (int i = 0; i < residual.length; i++) {
      residual[i] -= before[i];
    }
    observer.blocks(picture, seen, Tensor.of(operators.shape(result), residual));
    return result;
  }

  @Override
  public BlockCache<V> block(int index) {
    return (part, epilogue, compute) -> compute.apply(epilogue);
  }
}
