package org.viditq.core.operators;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.tensor.Tensor;

/**
 * Operators that find out where NaN or infinity came from; for backends that compute at once.
 *
 * <p>Layers refuse weights that are not finite, and quantized layers inputs that are not, which may
 * come from far before; what overflows in full precision shows in the result of the whole model
 * only. Looking at every value on its way would cost a pass of memory each, so a computation whose
 * result is not finite is made once more, and only then every value is looked at.
 */
public final class NonFiniteTracer<V> extends InterceptingOperators<V> {
  /** No value of a working model comes near; products of two such are beyond float32. */
  private static final float HUGE = 1e25f;

  private boolean tracing;
  private Optional<String> huge = Optional.empty();

  public NonFiniteTracer(Operators<V> inner) {
    super(inner);
  }

  /**
   * The result of a computation on these operators.
   *
   * @param what the computation, as a message calls it
   * @param computation gives the same result if it is asked again
   * @throws NonFiniteException if the result, or what a layer refused to take, holds NaN or
   *     infinity; it names the first operator, and its layer, that made one, or that made values so
   *     large that one became of them
   */
  public Tensor finite(String what, Supplier<Tensor> computation) {
    NonFiniteException refused;
    try {
      Tensor result = computation.get();
      if (result.isFinite()) {
        return result;
      }
      refused = new NonFiniteException("The result of " + what + " holds NaN or infinity.");
    } catch (NonFiniteException ofLayer) {
      refused = ofLayer;
    }
    tracing = true;
    huge = Optional.empty();
    try {
      computation.get();
    } catch (Traced first) {
      throw new NonFiniteException("In " + what + ", " + huge.orElse(first.getMessage()), first);
    } catch (NonFiniteException again) {
      throw huge.map(cause -> new NonFiniteException("In " + what + ", " + cause, again))
          .orElse(again);
    } finally {
      tracing = false;
    }
    throw refused;
  }

  @Override
  protected <T> T intercept(String kind, String layer, Supplier<T> call) {
    T result = call.get();
    if (tracing) {
      List<?> values = result instanceof List<?> several ? several : List.of(result);
      for (Object value : values) {
        require(value, kind, layer);
      }
    }
    return result;
  }

  /** With the name of each layer, where {@link #intercept} knows the first one's only. */
  private List<V> traced(List<Linear> layers, List<V> values) {
    for (int i = 0; i < values.size(); i++) {
      require(values.get(i), kind(layers), layers.get(i).parameters().name());
    }
    return values;
  }

  @Override
  public List<V> linears(V x, List<Linear> layers) {
    return tracing ? traced(layers, inner().linears(x, layers)) : super.linears(x, layers);
  }

  @Override
  public List<V> linears(LinearInput<V> x, List<Linear> layers) {
    return tracing ? traced(layers, inner().linears(x, layers)) : super.linears(x, layers);
  }

  @Override
  public V feedForward(
      LinearInput<V> x, Linear up, Activation activation, Linear down, Epilogue<V> epilogue) {
    return tracing
        ? feedForwardInParts(x, up, activation, down, epilogue)
        : super.feedForward(x, up, activation, down, epilogue);
  }

  @Override
  public V selfAttention(
      LinearInput<V> x,
      List<Linear> projections,
      int heads,
      float scale,
      AttentionPrecision precision) {
    return tracing
        ? selfAttentionInParts(x, projections, heads, scale, precision)
        : super.selfAttention(x, projections, heads, scale, precision);
  }

  @Override
  public V constant(Tensor tensor) {
    if (tracing && !tensor.isFinite()) {
      throw new NonFiniteException("an input holds NaN or infinity; check what made it.");
    }
    return inner().constant(tensor);
  }

  @SuppressWarnings("unchecked") // intercepted calls give values, or lists of them
  private void require(Object value, String kind, String layer) {
    Tensor values = inner().read((V) value);
    String operator = "the operator " + kind + (layer.isEmpty() ? "" : " of layer " + layer);
    if (!values.isFinite()) {
      throw new Traced(
          operator
              + " is the first to give NaN or infinity; check the weights and the inputs that lead"
              + " to it, or compute in a wider precision.");
    }
    if (huge.isEmpty() && exceeds(values, HUGE)) {
      huge =
          Optional.of(
              operator
                  + " is the first to give values beyond "
                  + HUGE
                  + ", of which NaN or infinity come further on; check its weights and scales.");
    }
  }

  private static boolean exceeds(Tensor values, float bound) {
    for (float value : values.data()) {
      if (Math.abs(value) > bound) {
        return true;
      }
    }
    return false;
  }

  /** What a trace ends with, as opposed to a layer's own refusal. */
  private static final class Traced extends NonFiniteException {
    private static final long serialVersionUID = 1L;

    Traced(String message) {
      super(message);
    }
  }
}
