package org.viditq.core.model;

/**
 * Names of denoiser inputs, the same in every family, in statistics files and in ONNX graphs. B is
 * the batch.
 */
public final class InputNames {
  /** [B, C, H, W], for videos [B, C, T, H, W]: noisy latents as the scheduler scales them. */
  public static final String LATENTS = "latents";

  /** [B], 0 to 1000. */
  public static final String TIMESTEPS = "timesteps";

  /** [B, tokens, features]: the encoded prompt. */
  public static final String TEXT = "text";

  /** [B, tokens]: 1 for tokens of the text, 0 for padding. */
  public static final String MASK = "mask";

  /** [B, tokens, features]: the prompt by the second text encoder (HunyuanDiT: mT5). */
  public static final String TEXT_2 = "text_2";

  /** [B, tokens]: the mask of {@link #TEXT_2}. */
  public static final String MASK_2 = "mask_2";

  /** [B]: class indices, whole numbers. */
  public static final String LABELS = "labels";

  /** [B, 2]: height and width of the picture, pixels. */
  public static final String RESOLUTION = "resolution";

  /** [B, 1]: height divided by width. */
  public static final String ASPECT_RATIO = "aspect_ratio";

  /** [B, 6]: original height and width, target height and width, crop top and left, pixels. */
  public static final String IMAGE_SIZES = "image_sizes";

  /** [B]: index of the picture's style, whole numbers. */
  public static final String STYLE = "style";

  /** [B, C', (T,) H, W]: what the denoiser predicts; the name of its output. */
  public static final String PREDICTION = "prediction";

  private InputNames() {}
}
