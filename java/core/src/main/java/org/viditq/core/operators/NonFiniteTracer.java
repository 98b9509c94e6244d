package org.viditq.core.operators;

import java.util.List;
import java.util.function.Supplier;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.tensor.Tensor;

/**
 * Operators that find out where NaN or infinity came from; for backends that compute at once.
 *
 * <p>Layers refuse weights that are not finite, and quantized layers inputs that are not; what
 * overflows in full precision shows in the result of the whole model only. Looking at every value
 * on its way would cost a pass of memory each, so a computation whose result is not finite is made
 * once more, and only then every value is looked at.
 */
public final class NonFiniteTracer<V> extends InterceptingOperators<V> {
  private boolean tracing;

  public NonFiniteTracer(Operators<V> inner) {
    super(inner);
  }

  /**
   * The result of a computation on these operators.
   *
   * @param what the computation, as a message calls it
   * @param computation gives the same result if it is asked again
   * @throws NonFiniteException if the result holds NaN or infinity, naming the first operator, and
   *     its layer, that made one
   */
  public Tensor finite(String what, Supplier<Tensor> computation) {
    Tensor result = computation.get();
    if (result.isFinite()) {
      return result;
    }
    tracing = true;
    try {
      computation.get();
    } catch (NonFiniteException traced) {
      throw new NonFiniteException("In " + what + ", " + traced.getMessage(), traced);
    } finally {
      tracing = false;
    }
    throw new NonFiniteException("The result of " + what + " holds NaN or infinity.");
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

  @Override
  public V constant(Tensor tensor) {
    if (tracing && !tensor.isFinite()) {
      throw new NonFiniteException("an input holds NaN or infinity; check what made it.");
    }
    return inner().constant(tensor);
  }

  @SuppressWarnings("unchecked") // intercepted calls give values, or lists of them
  private void require(Object value, String kind, String layer) {
    if (!inner().read((V) value).isFinite()) {
      throw new NonFiniteException(
          "the operator "
              + kind
              + (layer.isEmpty() ? "" : " of layer " + layer)
              + " is the first to give NaN or infinity; check the weights and the inputs that lead"
              + " to it, or compute in a wider precision.");
    }
  }
}
