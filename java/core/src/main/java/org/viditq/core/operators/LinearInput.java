package org.viditq.core.operators;

import org.viditq.core.tensor.Shape;

/**
 * What linear layers are applied to: a value, or one that the layers' input is computed from on its
 * way. A backend that quantizes inputs can then do both in one pass, without writing the float32
 * input that nobody else reads.
 *
 * <p>An input [B, N, C] may say that each of its samples consists of several sequences, one after
 * the other: the frames of a clip, or the places of a frame with their tokens in all frames. Self
 * attention then stays within a sequence, and calibration takes the statistics of channels per
 * sequence. Layers themselves do not depend on it, nor do grids that go by the token's index in its
 * sample.
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

  /** Sequences that a sample consists of, all equally long. */
  int sequences();

  /**
   * The same input of samples that consist of several sequences each.
   *
   * @param sequences at least 1; must divide N, which is found out where it is used
   */
  LinearInput<V> inSequences(int sequences);

  /** x itself, each sample a sequence. */
  static <V> LinearInput<V> of(V x) {
    return new Plain<>(x, 1);
  }

  /** {@link Operators#layerNormModulate} of x, each sample a sequence. */
  static <V> LinearInput<V> modulated(V x, V shift, V scale, float eps) {
    return new Modulated<>(x, shift, scale, eps, 1);
  }

  /** A value as it is. */
  record Plain<V>(V x, int sequences) implements LinearInput<V> {
    @Override
    public V value(Operators<V> operators) {
      return x;
    }

    @Override
    public Shape shape(Operators<V> operators) {
      return operators.shape(x);
    }

    @Override
    public LinearInput<V> inSequences(int sequences) {
      return new Plain<>(x, sequences);
    }
  }

  /**
   * adaLN of x [B, N, C], see {@link Operators#layerNormModulate}.
   *
   * @param shift [B or 1, 1, C], as is {@code scale}
   */
  record Modulated<V>(V x, V shift, V scale, float eps, int sequences) implements LinearInput<V> {
    @Override
    public V value(Operators<V> operators) {
      return operators.layerNormModulate(x, shift, scale, eps);
    }

    @Override
    public Shape shape(Operators<V> operators) {
      return ResultShapes.layerNormModulate(
          operators.shape(x), operators.shape(shift), operators.shape(scale));
    }

    @Override
    public LinearInput<V> inSequences(int sequences) {
      return new Modulated<>(x, shift, scale, eps, sequences);
    }
  }
}
