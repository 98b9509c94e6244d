package org.viditq.core.model.layer;

import java.util.Optional;
import java.util.function.BiFunction;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;

/**
 * Encoded text as the original code of PixArt and Open-Sora passes it to a denoiser, checked.
 *
 * @param family for messages
 * @param features of a token
 */
public record TextInput<V>(Operators<V> operators, String family, int features) {
  /**
   * Projects the text among a denoiser's inputs; of the encoding, which is several times as large
   * as what is kept of it, nothing is left.
   *
   * @param project tokens of a text and its mask, if it has one
   */
  public static <V> TextTokens<V> projected(
      Operators<V> operators,
      DenoiserValues<V> inputs,
      BiFunction<V, Optional<V>, TextTokens<V>> project) {
    try (Scope<V> scope = operators.scope()) {
      V encoded = inputs.get(InputNames.TEXT);
      return project.apply(encoded, inputs.find(InputNames.MASK)).keptBy(scope);
    }
  }

  /**
   * @param text [B, S, features] or, as the authors' code passes it, [B, 1, S, features]
   * @return tokens per text, S
   * @throws ShapeException if it is neither, or for another batch
   */
  public int length(V text, int batch) {
    Shape shape = operators.shape(text);
    if (!(shape.rank() == 3 || isSingleton(shape))
        || shape.dim(0) != batch
        || shape.dim(-1) != features) {
      throw new ShapeException(
          family
              + " takes text ["
              + batch
              + ", tokens, "
              + features
              + "] with these latents, but its shape is "
              + shape
              + ".");
    }
    return shape.dim(-2);
  }

  /** A text that {@link #length} has accepted as [B, S, features]. */
  public V tokens(V text) {
    Shape shape = operators.shape(text);
    return isSingleton(shape)
        ? operators.reshape(text, shape.dim(0), shape.dim(2), features)
        : text;
  }

  private static boolean isSingleton(Shape text) {
    return text.rank() == 4 && text.dim(1) == 1;
  }
}
