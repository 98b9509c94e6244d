package org.viditq.core.model;

import java.util.List;
import java.util.OptionalInt;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.tensor.Shape;

/**
 * What a model's latents are like.
 *
 * @param channels of the latents
 * @param outputChannels of the prediction; {@code 2 * channels} where the variance is learned too,
 *     behind the noise
 * @param patch frames, rows and columns of latents that make a token; frames 1 for pictures
 * @param frames of latents that the model was trained for; empty for pictures, whose latents have
 *     no time axis
 * @param height of the training latents
 * @param width of the training latents
 */
public record LatentGeometry(
    int channels, int outputChannels, Patch patch, OptionalInt frames, int height, int width) {

  /** Frames, rows and columns of latents that make a token. */
  public record Patch(int frames, int height, int width) {
    /** A square patch of a picture. */
    public static Patch square(int side) {
      return new Patch(1, side, side);
    }

    /**
     * @throws UsageException if latents of that size cannot be cut into whole patches
     */
    public void requireWhole(int height, int width) {
      if (height % this.height != 0 || width % this.width != 0) {
        throw new UsageException(
            "Latents of "
                + height
                + " x "
                + width
                + " cannot be cut into patches of "
                + this.height
                + " x "
                + this.width
                + "; choose a picture size whose latents are multiples of the patch.");
      }
    }
  }

  /** Square latents of pictures. */
  public static LatentGeometry image(int channels, int outputChannels, int patch, int side) {
    return new LatentGeometry(
        channels, outputChannels, Patch.square(patch), OptionalInt.empty(), side, side);
  }

  /** Whether latents have a time axis. */
  public boolean isVideo() {
    return frames.isPresent();
  }

  /** Whether the prediction carries the variance behind the noise. */
  public boolean learnedVariance() {
    return outputChannels == 2 * channels;
  }

  /** The latents as an input. */
  public InputSpec input() {
    return isVideo()
        ? InputSpec.of(
            InputNames.LATENTS,
            Axis.BATCH,
            Axis.fixed(channels),
            Axis.FRAMES,
            Axis.HEIGHT,
            Axis.WIDTH)
        : InputSpec.of(
            InputNames.LATENTS, Axis.BATCH, Axis.fixed(channels), Axis.HEIGHT, Axis.WIDTH);
  }

  /**
   * The inputs of every model, followed by {@code others}.
   *
   * @return latents, timesteps, others
   */
  public List<InputSpec> inputs(InputSpec... others) {
    List<InputSpec> all = new java.util.ArrayList<>();
    all.add(input());
    all.add(InputSpec.of(InputNames.TIMESTEPS, Axis.BATCH));
    all.addAll(List.of(others));
    return List.copyOf(all);
  }

  /**
   * @param latents [batch, channels, (frames,) height, width]
   * @throws UsageException if they cannot be cut into whole patches
   */
  public void requireWholePatches(Shape latents) {
    patch.requireWhole(latents.dim(-2), latents.dim(-1));
    if (isVideo() && latents.dim(-3) % patch.frames() != 0) {
      throw new UsageException(
          "Latents of "
              + latents.dim(-3)
              + " frames cannot be cut into patches of "
              + patch.frames()
              + " frames; choose a multiple of it.");
    }
  }

  /**
   * Extents of latents.
   *
   * @param frames 1 for pictures
   * @return [batch, channels, (frames,) height, width]
   */
  public int[] shape(int batch, int frames, int height, int width) {
    return isVideo()
        ? new int[] {batch, channels, frames, height, width}
        : new int[] {batch, channels, height, width};
  }
}
