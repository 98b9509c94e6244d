package org.viditq.core.model.latte;

import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.embedding.AdaLayerNormSingle;
import org.viditq.core.model.embedding.CaptionProjection;
import org.viditq.core.model.layer.FeedForward;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.layer.TextInput;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Shape;

/**
 * Timestep through adaLN-single, and an encoded text that its padding is hidden of, as in PixArt.
 */
final class TextCondition<V> implements LatteCondition<V> {
  private final Operators<V> operators;
  private final AdaLayerNormSingle<V> timestep;
  private final FeedForward<V> caption;
  private final int features;

  /**
   * @param features channels of the text encoding
   */
  TextCondition(LayerLoader<V> loader, int features, int channels) {
    this.operators = loader.operators();
    this.features = features;
    this.timestep = AdaLayerNormSingle.diffusers(loader.under("adaln_single."), channels, false);
    this.caption =
        CaptionProjection.diffusers(
            loader.under("caption_projection."), features, channels, Activation.GELU_TANH);
  }

  @Override
  public Embedded<V> of(DenoiserValues<V> inputs, int batch) {
    V timesteps = inputs.get(InputNames.TIMESTEPS);
    require("timesteps", timesteps, Shape.of(batch));
    AdaLayerNormSingle.Output<V> t = timestep.forward(timesteps, Optional.empty());
    TextTokens<V> text =
        TextInput.projected(operators, inputs, (encoded, mask) -> project(encoded, mask, batch));
    return new Embedded<>(t.embedded(), t.modulation(), Optional.of(text));
  }

  private TextTokens<V> project(V encoded, Optional<V> mask, int batch) {
    Shape shape = operators.shape(encoded);
    int tokens = shape.rank() == 3 ? shape.dim(1) : 1;
    require("text", encoded, Shape.of(batch, tokens, features));
    mask.ifPresent(given -> require("a text mask", given, Shape.of(batch, tokens)));
    return TextTokens.padded(operators, caption.forward(encoded), mask);
  }

  private void require(String what, V value, Shape expected) {
    if (!operators.shape(value).equals(expected)) {
      throw new ShapeException(
          "Latte takes "
              + what
              + " "
              + expected
              + " with these latents, but the shape is "
              + operators.shape(value)
              + ".");
    }
  }
}
