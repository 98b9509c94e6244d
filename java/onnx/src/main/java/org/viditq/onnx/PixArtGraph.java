package org.viditq.onnx;

import java.util.Map;
import java.util.Optional;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.embedding.SizeConditions;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.model.pixart.PixArtTransformer;

/**
 * The PixArt transformer as an ONNX graph of one evaluation. Its inputs are {@link #LATENTS} [B,
 * Cin, H, W], {@link #TIMESTEPS} [B], {@link #TEXT} [B, S, caption channels] and {@link #MASK} [B,
 * S], for models with size conditions also {@link #RESOLUTION} [B, 2] and {@link #ASPECT_RATIO} [B,
 * 1]; its output is {@link #PREDICTION} [B, Cout, H, W]. All as {@link PixArtTransformer#forward}
 * takes and gives them.
 */
public final class PixArtGraph {
  public static final String LATENTS = "latents";
  public static final String TIMESTEPS = "timesteps";
  public static final String TEXT = "text";
  public static final String MASK = "mask";
  public static final String RESOLUTION = "resolution";
  public static final String ASPECT_RATIO = "aspect_ratio";
  public static final String PREDICTION = "prediction";

  private PixArtGraph() {}

  /**
   * The extents that a graph is made for.
   *
   * @param batch B
   * @param height H of the latents
   * @param width W of the latents
   * @param tokens S of the text
   */
  public record Extents(int batch, int height, int width, int tokens) {}

  /**
   * Records the transformer.
   *
   * @param parameters must stay open until the graph is written
   * @param timestep 0 to 1000; quantized layers get the weights of its range, full-precision ones
   *     are the same at all
   * @throws org.viditq.core.error.BackendException if the checkpoint is in the authors' layout,
   *     which removes masked text tokens and so needs the mask's values
   */
  public static OnnxGraph record(
      PixArtConfig config,
      Parameters parameters,
      OnnxOptions options,
      Extents extents,
      double timestep) {
    try (OnnxOperators operators = new OnnxOperators(options)) {
      operators.selectTimestep(timestep);
      PixArtTransformer<OnnxValue> transformer =
          new PixArtTransformer<>(config, parameters, operators);
      int batch = extents.batch();
      int captionChannels = config.captionChannels().orElse(config.channels());
      OnnxValue prediction =
          transformer.forward(
              operators.input(
                  LATENTS, batch, config.inChannels(), extents.height(), extents.width()),
              operators.input(TIMESTEPS, batch),
              operators.input(TEXT, batch, extents.tokens(), captionChannels),
              Optional.of(operators.input(MASK, batch, extents.tokens())),
              config.sizeConditions()
                  ? Optional.of(
                      new SizeConditions<>(
                          operators.input(RESOLUTION, batch, 2),
                          operators.input(ASPECT_RATIO, batch, 1)))
                  : Optional.empty());
      return operators.graph("pixart", Map.of(PREDICTION, prediction));
    }
  }
}
