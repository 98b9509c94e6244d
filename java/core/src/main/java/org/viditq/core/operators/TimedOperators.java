package org.viditq.core.operators;

import java.util.List;
import java.util.function.Supplier;
import org.viditq.core.tensor.Tensor;

/** Operators whose calls are timed one by one; for backends that compute at once. */
public final class TimedOperators<V> extends InterceptingOperators<V> {
  private final OperatorProfile profile;

  /**
   * @param profile takes what is measured, beside what it holds
   */
  public TimedOperators(Operators<V> inner, OperatorProfile profile) {
    super(inner);
    this.profile = profile;
  }

  @Override
  protected <T> T intercept(String kind, String layer, Supplier<T> call) {
    long start = System.nanoTime();
    T result = call.get();
    profile.add(kind, System.nanoTime() - start);
    return result;
  }

  @Override
  public Tensor read(V value) {
    return intercept("read", "", () -> super.read(value));
  }

  /** In its parts, with the same result: which of them takes the time is what a profile tells. */
  @Override
  public V selfAttention(
      LinearInput<V> x,
      List<Linear> projections,
      int heads,
      float scale,
      AttentionPrecision precision) {
    return selfAttentionInParts(x, projections, heads, scale, precision);
  }
}
