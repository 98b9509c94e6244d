package org.viditq.core.operators;

import org.viditq.core.tensor.Shape;

/**
 * What linear layers are applied to: a value, or one that the layers' input is computed from on its
 * way. A backend that quantizes inputs can then do both in one pass, without writing the float32
 * input that nobody else reads.
 */
public sealed interface LinearInput<V> {

  /** The input as a value of its own, computed by the operators that it is defined by. */
  V value(Operators<V> operators);

  /**
   * Extents of the input, known without computing it.
   *
   * @throws org.viditq.core.error.ShapeException if its operands do not fit together
   */
  Shape shape(Operators<V> operators);

  /** x itself. */
  static <V> LinearInput<V> of(V x) {
    return new Plain<>(x);
  }

  /** {@link Operators#layerNormModulate} of x. */
  static <V> LinearInput<V> modulated(V x, V shift, V scale, float eps) {
    return new Modulated<>(x, shift, scale, eps);
  }

  /** A value as it is. */
  record Plain<V>(V x) implements LinearInput<V> {
    @Override
    public V value(Operators<V> operators) {
      return x;
    }

    @Override
    public Shape shape(Operators<V> operators) {
      return operators.shape(x);
    }
  }

  /**
   * adaLN of x [B, N, C], see {@link Operators#layerNormModulate}.
   *
   * @param shift [B or 1, 1, C], as is {@code scale}
   */
  record Modulated<V>(V x, V shift, V scale, float eps) implements LinearInput<V> {
    @Override
    public V value(Operators<V> operators) {
      return operators.layerNormModulate(x, shift, scale, eps);
    }

    @Override
    public Shape shape(Operators<V> operators) {
      return ResultShapes.layerNormModulate(
          operators.shape(x), operators.shape(shift), operators.shape(scale));
    }
  }
}
