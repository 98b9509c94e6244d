package org.viditq.onnx;

import java.util.List;
import java.util.Map;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.AutoencoderKlConfig;

/**
 * The decoder of a variational autoencoder as an ONNX graph for all extents. Its input is {@link
 * InputNames#LATENTS}, float32 [batch, channels, height, width], as the denoiser has them; its
 * output {@value #PICTURES}, float32 [batch, 3, H, W], about -1 to 1. A temporal decoder takes the
 * frames of one clip, [frames, channels, height, width].
 */
public final class AutoencoderGraph {
  /** Name of the output. */
  public static final String PICTURES = "pictures";

  private AutoencoderGraph() {}

  /**
   * @param parameters must stay open until the graph is written
   * @throws org.viditq.core.error.InvalidModelException if they hold no decoder
   */
  public static OnnxGraph recordDecoder(
      AutoencoderKlConfig config, Parameters parameters, OnnxOptions options) {
    List<GraphInput> inputs =
        List.of(
            GraphInput.floats(
                InputSpec.of(
                    InputNames.LATENTS,
                    config.temporal() ? Axis.FRAMES : Axis.BATCH,
                    Axis.fixed(config.latentChannels()),
                    Axis.HEIGHT,
                    Axis.WIDTH)));
    try (OnnxOperators operators = new OnnxOperators(options.open())) {
      AutoencoderKl<OnnxValue> autoencoder = new AutoencoderKl<>(config, parameters, operators);
      OpenRecording.Opened opened =
          OpenRecording.record(
              operators.recorder(),
              inputs,
              Probes.of(inputs, Map.of(), false),
              values -> {
                OnnxValue latents = operators.computed(values.get(InputNames.LATENTS));
                int frames = config.temporal() ? latents.shape().dim(0) : 1;
                return List.of(
                    operators.exact(autoencoder.decodeClips(autoencoder.unscale(latents), frames)));
              });
      return operators.graph(
          "vae_decoder", Map.of(PICTURES, opened.outputs().get(0)), opened.dimensions());
    }
  }
}
