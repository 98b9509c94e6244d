package org.viditq.core.model.vae;

import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Shape;

/** Views frames as clips and back. */
final class Clips {
  private Clips() {}

  /** [B * frames, C, H, W] to [B, C, frames, H, W]. */
  static <V> V fromFrames(Operators<V> operators, V x, int frames) {
    Shape shape = operators.shape(x);
    if (frames <= 0 || shape.dim(0) % frames != 0) {
      throw new ShapeException(
          shape.dim(0) + " frames cannot be divided into clips of " + frames + " frames.");
    }
    V clips =
        operators.reshape(
            x, shape.dim(0) / frames, frames, shape.dim(1), shape.dim(2), shape.dim(3));
    return operators.permute(clips, 0, 2, 1, 3, 4);
  }

  /** [B, C, frames, H, W] to [B * frames, C, H, W]. */
  static <V> V toFrames(Operators<V> operators, V x) {
    Shape shape = operators.shape(x);
    V frameMajor = operators.permute(x, 0, 2, 1, 3, 4);
    return operators.reshape(
        frameMajor, shape.dim(0) * shape.dim(2), shape.dim(1), shape.dim(3), shape.dim(4));
  }
}
