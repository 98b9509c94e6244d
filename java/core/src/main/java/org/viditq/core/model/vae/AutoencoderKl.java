package org.viditq.core.model.vae;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * The variational autoencoder of latent diffusion: pictures to latents and back. Rombach et al.,
 * "High-Resolution Image Synthesis with Latent Diffusion Models".
 *
 * <p>A checkpoint may hold only one half; using the other one is then an error.
 */
public final class AutoencoderKl<V> {
  private static final String ENCODER_MARK = "encoder.conv_in.weight";
  private static final String DECODER_MARK = "decoder.conv_in.weight";

  private final AutoencoderKlConfig config;
  private final Operators<V> operators;
  private final Optional<Encoder<V>> encoder;
  private final Optional<Decoder<V>> decoder;

  /** Parameters that only encoding needs. */
  private static final String[] OF_ENCODER = {"encoder.", "quant_conv."};

  /**
   * Prepares the halves that the checkpoint holds.
   *
   * @param parameters under diffusers' state-dict names
   * @throws InvalidCheckpointException naming a missing or misshaped tensor, or if the checkpoint
   *     holds no autoencoder at all
   * @throws org.viditq.core.error.NonFiniteException naming a layer with NaN or infinity
   */
  public AutoencoderKl(AutoencoderKlConfig config, Parameters parameters, Operators<V> operators) {
    this(config, parameters, operators, parameters.contains(ENCODER_MARK));
  }

  /**
   * Prepares the decoder alone; what a checkpoint holds of the encoder is left where it is.
   *
   * @throws InvalidCheckpointException as the constructor; if there is no decoder, decoding throws
   */
  public static <V> AutoencoderKl<V> decoder(
      AutoencoderKlConfig config, Parameters parameters, Operators<V> operators) {
    boolean decodes = parameters.contains(DECODER_MARK);
    if (decodes) {
      parameters.leaveOut(OF_ENCODER);
    }
    return new AutoencoderKl<>(
        config, parameters, operators, !decodes && parameters.contains(ENCODER_MARK));
  }

  private AutoencoderKl(
      AutoencoderKlConfig config, Parameters parameters, Operators<V> operators, boolean encodes) {
    this.config = config;
    this.operators = operators;
    boolean decodes = parameters.contains(DECODER_MARK);
    if (!encodes && !decodes) {
      throw new InvalidCheckpointException(
          "The checkpoint holds no autoencoder: neither "
              + ENCODER_MARK
              + " nor "
              + DECODER_MARK
              + " is there.");
    }
    this.encoder =
        encodes ? Optional.of(new Encoder<>(config, parameters, operators)) : Optional.empty();
    this.decoder =
        decodes ? Optional.of(new Decoder<>(config, parameters, operators)) : Optional.empty();
  }

  /**
   * The latent distribution of pictures; only on backends that compute at once.
   *
   * @param images [B, C, H, W] in -1..1, H and W multiples of {@link
   *     AutoencoderKlConfig#downsampling()}
   */
  public DiagonalGaussian encode(V images) {
    return DiagonalGaussian.ofMoments(operators.read(moments(images)));
  }

  /**
   * Mean, then unclamped log variance of the latent distribution.
   *
   * @param images [B, C, H, W] in -1..1
   * @return [B, 2 * latent channels, h, w]
   * @throws UsageException if H or W is not a multiple of {@link
   *     AutoencoderKlConfig#downsampling()}
   */
  public V moments(V images) {
    Shape shape = requireRank4("encoder", images, config.inChannels());
    int unit = config.downsampling();
    if (shape.dim(2) % unit != 0 || shape.dim(3) % unit != 0) {
      throw new UsageException(
          "A picture of "
              + shape.dim(2)
              + " x "
              + shape.dim(3)
              + " cannot be encoded; height and width must be multiples of "
              + unit
              + ".");
    }
    return encoder.orElseThrow(() -> missing("encoder")).forward(images);
  }

  /**
   * Pictures of latents as the autoencoder sees them; those of a diffusion model go through {@link
   * #unscale} first.
   *
   * @param latents [B, C, h, w]
   * @return [B, C, H, W], about -1..1
   */
  public V decode(V latents) {
    return decodeClips(latents, 1);
  }

  /**
   * As {@link #decode}, for a temporal decoder, which blends the frames of a clip.
   *
   * @param latents [B * frames, C, h, w]
   * @param frames frames per clip
   * @return [B * frames, C, H, W]
   */
  public V decodeClips(V latents, int frames) {
    requireRank4("decoder", latents, config.latentChannels());
    return decoder.orElseThrow(() -> missing("decoder")).forward(latents, frames);
  }

  /**
   * Decodes the frames of videos independently of each other, some at a time to bound memory.
   *
   * @param latents [B, C, T, h, w]
   * @param batch frames decoded together; does not change the result
   * @return [B, C, T, H, W]
   */
  public V decodeFrames(V latents, int batch) {
    Shape shape = operators.shape(latents);
    if (shape.rank() != 5 || batch <= 0) {
      throw new ShapeException(
          "The decoder takes videos [B, C, T, h, w] in batches of at least one frame, not "
              + shape
              + " in batches of "
              + batch
              + ".");
    }
    int frames = shape.dim(2);
    V all = Clips.toFrames(operators, latents);
    int total = shape.dim(0) * frames;
    List<V> decoded = new ArrayList<>();
    for (int from = 0; from < total; from += batch) {
      decoded.add(decode(operators.slice(all, 0, from, Math.min(from + batch, total))));
    }
    return Clips.fromFrames(operators, operators.concat(decoded, 0), frames);
  }

  /** See {@link AutoencoderKlConfig#tiling()}. */
  public Tiling tiling() {
    return config.tiling();
  }

  /**
   * As {@link #decodeClips}, in the working memory of one tile of all frames: tiles are decoded one
   * after the other and fade into each other, as with {@code enable_tiling} of diffusers. Norms and
   * the middle block's attention see one tile only, so that the result is not that of the whole,
   * unless one tile covers it. Only on backends that compute at once.
   *
   * @param latents [B * frames, C, h, w]
   * @param frames frames per clip
   * @return [B * frames, C, H, W]
   */
  public Tensor decodeTiled(Tensor latents, int frames, Tiling tiling) {
    requireRank4("decoder", latents.shape(), config.latentChannels());
    return new TiledPicture(tiling, config.downsampling())
        .decode(latents, config.outChannels(), tile -> decodeAlone(tile, frames));
  }

  private Tensor decodeAlone(Tensor latents, int frames) {
    try (Scope<V> scope = operators.scope()) {
      return operators.read(decodeClips(operators.constant(latents), frames));
    }
  }

  /** Latents of a diffusion model, divided by the scaling factor: what {@link #decode} takes. */
  public V unscale(V latents) {
    return operators.scale(latents, (float) (1 / config.scalingFactor()));
  }

  /** Latents times the scaling factor: what a diffusion model takes. */
  public V scale(V latents) {
    return operators.scale(latents, (float) config.scalingFactor());
  }

  private Shape requireRank4(String half, V x, int channels) {
    return requireRank4(half, operators.shape(x), channels);
  }

  private static Shape requireRank4(String half, Shape shape, int channels) {
    if (shape.rank() != 4 || shape.dim(1) != channels) {
      throw new ShapeException(
          "The " + half + " takes [B, " + channels + ", H, W], but the shape is " + shape + ".");
    }
    return shape;
  }

  private static InvalidModelException missing(String half) {
    return new InvalidModelException("The autoencoder's checkpoint holds no " + half + ".");
  }
}
