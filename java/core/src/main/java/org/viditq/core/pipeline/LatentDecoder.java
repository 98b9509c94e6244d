package org.viditq.core.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.model.vae.TiledPicture;
import org.viditq.core.model.vae.Tiling;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Turns latents to clips with the decoder of a variational autoencoder. */
final class LatentDecoder {
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

  private final AutoencoderKlConfig config;
  private final DecoderNetwork decoder;

  LatentDecoder(AutoencoderKlConfig config, DecoderNetwork decoder) {
    this.config = config;
    this.decoder = decoder;
  }

  /**
   * Decodes latents [B, C, h, w] or [B, C, T, h, w] frame by frame (with a temporal decoder some
   * frames of a clip at a time, small ones as many together as are worth it), so that large batches
   * and long clips need no more working memory than that. What is larger than {@value
   * #WHOLE_PIXELS} pixels is decoded in tiles.
   *
   * @param finalSize that frames are scaled and cropped to; empty to leave them as they are
   * @param counter of frames
   */
  List<Clip> decode(
      Tensor latents,
      double framesPerSecond,
      Optional<PictureSize> finalSize,
      StageCounter counter) {
    int frames = framesOf(latents);
    int all = latents.dim(0) * frames;
    List<Clip> clips = new ArrayList<>();
    List<Image> images = new ArrayList<>();
    int from = 0;
    while (from < all) {
      int count =
          config.temporal()
              ? Math.min(TEMPORAL_CHUNK, frames - from % frames)
              : Math.min(decoder.framesTogether(pixels(latents.shape())), all - from);
      Tensor decoded = decode(frames(latents, from, count), counter.progress());
      for (int t = 0; t < count; t++) {
        images.add(toImage(decoded, t, finalSize));
        counter.run();
        if (images.size() == frames) {
          clips.add(Clip.of(images, framesPerSecond));
          images.clear();
        }
      }
      from += count;
    }
    return clips;
  }

  /** Of each clip of [B, C, (T,) h, w]. */
  private static int framesOf(Tensor latents) {
    return latents.shape().rank() == 5 ? latents.dim(2) : 1;
  }

  /** Of a frame that is decoded. */
  private long pixels(Shape latents) {
    long factor = config.downsampling();
    return latents.dim(-2) * factor * (latents.dim(-1) * factor);
  }

  /** From [frames, C, h, w] to [frames, 3, H, W]. */
  private Tensor decode(Tensor latents, ProgressListener progress) {
    Tensor decoded =
        isLarge(latents.shape())
            ? new TiledPicture(tiling(), config.downsampling())
                .decode(latents, CHANNELS, tile -> decoder.decode(tile, progress))
            : decoder.decode(latents, progress);
    if (!decoded.isFinite()) {
      throw new NonFiniteException(
          "The VAE's result holds NaN or infinity; its weights or its precision are broken.");
    }
    return decoded;
  }

  /**
   * Frames {@code from} to {@code from + count} of [B, C, (T,) h, w], counted through all clips, as
   * [count, C, h, w].
   */
  private static Tensor frames(Tensor latents, int from, int count) {
    int channels = latents.dim(1);
    int frames = framesOf(latents);
    int plane = latents.dim(-2) * latents.dim(-1);
    float[] values = new float[count * channels * plane];
    for (int i = 0; i < count; i++) {
      int clip = (from + i) / frames;
      int frame = (from + i) % frames;
      for (int c = 0; c < channels; c++) {
        System.arraycopy(
            latents.data(),
            ((clip * channels + c) * frames + frame) * plane,
            values,
            (i * channels + c) * plane,
            plane);
      }
    }
    return Tensor.of(values, count, channels, latents.dim(-2), latents.dim(-1));
  }

  /** Pixels that are decoded at a time, at the least: of a tile, or of a frame. */
  static double leastPixelsAtOnce(GenerationRequest request) {
    long frame = (long) request.height() * request.width();
    return frame > WHOLE_PIXELS ? LEAST_TILE * LEAST_TILE : frame;
  }

  /** Whether frames [N, C, h, w] are more pixels than are decoded as a whole. */
  private boolean isLarge(Shape latents) {
    return latents.dim(0) * pixels(latents) > WHOLE_PIXELS;
  }

  /** diffusers' tiles, but not smaller than is needed for seams to stay rare. */
  private Tiling tiling() {
    int least = LEAST_TILE / config.downsampling();
    Tiling published = config.tiling();
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
