package org.viditq.core.model.layer;

import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/**
 * LayerNorm with a learned factor γ and offset β per channel, as the input of linear layers. It is
 * the modulation n (1 + scale) + shift with scale = γ - 1 and shift = β, rounded to float32 once
 * more, and so takes the ways that backends have for modulated inputs.
 */
public final class AffineLayerNorm<V> {
  private final Operators<V> operators;
  private final V scale;
  private final V offset;
  private final float eps;

  /**
   * @param name of the norm, relative to the loader: {@code name.weight} is γ, {@code name.bias} β
   */
  public AffineLayerNorm(LayerLoader<V> loader, String name, int channels, float eps) {
    this.operators = loader.operators();
    Tensor gamma = loader.parameters().tensor(name + ".weight", channels);
    float[] scales = new float[channels];
    for (int c = 0; c < channels; c++) {
      scales[c] = gamma.data()[c] - 1;
    }
    this.scale = operators.constant(Tensor.of(scales, 1, 1, channels));
    this.offset =
        operators.constant(
            loader.parameters().tensor(name + ".bias", channels).reshape(1, 1, channels));
    this.eps = eps;
  }

  /** The norm of x [B, N, C]. */
  public LinearInput<V> of(V x) {
    return LinearInput.modulated(x, offset, scale, eps);
  }

  /**
   * The norm of x plus a shift.
   *
   * @param x [B, N, C]
   * @param shift [B, C], added at every token
   */
  public LinearInput<V> shifted(V x, V shift) {
    int batch = operators.shape(shift).dim(0);
    int channels = operators.shape(shift).dim(1);
    V shifts = operators.add(operators.reshape(shift, batch, 1, channels), offset);
    return LinearInput.modulated(x, shifts, scale, eps);
  }
}
