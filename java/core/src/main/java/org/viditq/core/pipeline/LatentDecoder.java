package org.viditq.core.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.Tiling;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Turns latents to clips with the decoder of a variational autoencoder. */
final class LatentDecoder<V> {
  private static final int CHANNELS = 3;

  /** Frames that a temporal decoder blends at a time, as Latte's pipeline does. */
  private static final int TEMPORAL_CHUNK = 14;

  /**
   * Pixels that are decoded at a time without tiles: a picture of 2048 x 2048, which takes some ten
   * gigabytes with the widely used autoencoders, or 14 frames of 512 x 512.
   */
  private static final long WHOLE_PIXELS = 2048L * 2048;

  /** Side of a tile in pixels, at least. */
  private static final int LEAST_TILE = 512;

  private final AutoencoderKl<V> autoencoder;
  private final NonFiniteTracer<V> operators;

  /**
   * @param operators those of the autoencoder
   */
  LatentDecoder(AutoencoderKl<V> autoencoder, NonFiniteTracer<V> operators) {
    this.autoencoder = autoencoder;
    this.operators = operators;
  }

  /**
   * Decodes latents [B, C, h, w] or [B, C, T, h, w] frame by frame (with a temporal decoder some
   * frames at a time), so that large batches and long clips need no more working memory than that.
   * What is larger than {@value #WHOLE_PIXELS} pixels is decoded in tiles.
   *
   * @param finalSize that frames are scaled and cropped to; empty to leave them as they are
   * @param afterEach run after each frame
   */
  List<Clip> decode(
      Tensor latents, double framesPerSecond, Optional<PictureSize> finalSize, Runnable afterEach) {
    boolean video = latents.shape().rank() == 5;
    int frames = video ? latents.dim(2) : 1;
    int chunk = autoencoder.config().temporal() ? TEMPORAL_CHUNK : 1;
    List<Clip> clips = new ArrayList<>();
    try (Scope<V> batch = operators.scope()) {
      V all = operators.constant(latents);
      for (int i = 0; i < latents.dim(0); i++) {
        List<Image> images = new ArrayList<>();
        for (int from = 0; from < frames; from += chunk) {
          int sample = i;
          int first = from;
          int count = Math.min(chunk, frames - from);
          Tensor decoded =
              operators.finite("the VAE", () -> decode(all, video, sample, first, count));
          for (int t = 0; t < count; t++) {
            images.add(toImage(decoded, t, finalSize));
            afterEach.run();
          }
        }
        clips.add(Clip.of(images, framesPerSecond));
      }
    }
    return clips;
  }

  /** [frames, 3, H, W]. */
  private Tensor decode(V latents, boolean video, int sample, int from, int frames) {
    try (Scope<V> part = operators.scope()) {
      V latent = operators.slice(latents, 0, sample, sample + 1);
      if (video) {
        int[] dims = operators.shape(latents).toArray();
        V chosen = operators.slice(latent, 2, from, from + frames);
        latent =
            operators.reshape(
                operators.permute(chosen, 0, 2, 1, 3, 4), frames, dims[1], dims[3], dims[4]);
      }
      V unscaled = autoencoder.unscale(latent);
      return isLarge(operators.shape(latent))
          ? autoencoder.decodeTiled(operators.read(unscaled), frames, tiling())
          : operators.read(autoencoder.decodeClips(unscaled, frames));
    }
  }

  /** Pixels that are decoded at a time, at the least: of a tile, or of a frame. */
  static double leastPixelsAtOnce(GenerationRequest request) {
    long frame = (long) request.height() * request.width();
    return frame > WHOLE_PIXELS ? LEAST_TILE * LEAST_TILE : frame;
  }

  /** Whether frames [N, C, h, w] are more pixels than are decoded as a whole. */
  private boolean isLarge(Shape latents) {
    long factor = autoencoder.config().downsampling();
    return latents.dim(0) * (latents.dim(2) * factor) * (latents.dim(3) * factor) > WHOLE_PIXELS;
  }

  /** diffusers' tiles, but not smaller than is needed for seams to stay rare. */
  private Tiling tiling() {
    int least = LEAST_TILE / autoencoder.config().downsampling();
    Tiling published = autoencoder.tiling();
    return published.size() < least ? Tiling.ofSide(least) : published;
  }

  /** Frame {@code index} of [frames, 3, H, W] in -1..1, to [H', W', 3] in 0..1. */
  private static Image toImage(Tensor decoded, int index, Optional<PictureSize> finalSize) {
    PictureSize made = new PictureSize(decoded.dim(2), decoded.dim(3));
    PictureSize size = finalSize.orElse(made);
    ResizeAndCrop resize = new ResizeAndCrop(made, size);
    int plane = made.height() * made.width();
    float[] pixels = new float[CHANNELS * size.height() * size.width()];
    for (int c = 0; c < CHANNELS; c++) {
      int start = (index * CHANNELS + c) * plane;
      float[] values =
          size.equals(made)
              ? Arrays.copyOfRange(decoded.data(), start, start + plane)
              : resize.apply(decoded.data(), start);
      for (int i = 0; i < values.length; i++) {
        pixels[i * CHANNELS + c] = Math.max(0, Math.min(1, values[i] / 2 + 0.5f));
      }
    }
    return new Image(Tensor.of(pixels, size.height(), size.width(), CHANNELS));
  }
}
