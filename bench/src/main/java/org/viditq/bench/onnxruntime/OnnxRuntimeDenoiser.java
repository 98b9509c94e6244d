package org.viditq.bench.onnxruntime;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DenoiserInput;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.OnnxOptions.LinearForm;
import org.viditq.onnx.PixArtGraph;

/**
 * A PixArt transformer on ONNX Runtime: the definition that our backends compute, with the same
 * weights, as a graph in the form that is fastest there.
 */
public final class OnnxRuntimeDenoiser implements Denoiser {
  private final PixArtConfig config;
  private final OnnxRuntimeModel model;

  private OnnxRuntimeDenoiser(PixArtConfig config, OnnxRuntimeModel model) {
    this.config = config;
    this.model = model;
  }

  /**
   * Writes the graph, which takes as much space as its weights: 4 bytes each, or 1 of those that
   * are quantized.
   *
   * @param config in diffusers' layout
   * @param linear full precision, or ONNX Runtime's dynamic quantization
   * @param like an input of the extents that the denoiser is to be evaluated on
   * @param folder where the graph goes
   */
  public static void write(
      PixArtConfig config,
      Parameters parameters,
      LinearForm linear,
      DenoiserInput like,
      Path folder) {
    Tensor latents = like.latents();
    PixArtGraph.Extents extents =
        new PixArtGraph.Extents(
            latents.dim(0), latents.dim(2), latents.dim(3), like.captions().tokens());
    OnnxOptions options = new OnnxOptions(linear, AttentionForm.ONNX_RUNTIME);
    PixArtGraph.record(config, parameters, options, extents, like.timestep()).write(folder);
  }

  /**
   * Loads a graph that {@link #write} has written.
   *
   * @param folder must stay until the denoiser is closed
   */
  public static OnnxRuntimeDenoiser open(PixArtConfig config, Path folder, int threads) {
    return new OnnxRuntimeDenoiser(config, OnnxRuntimeModel.open(folder, threads));
  }

  @Override
  public Tensor predict(DenoiserInput input) {
    int batch = input.latents().dim(0);
    Map<String, Tensor> inputs = new HashMap<>();
    inputs.put(PixArtGraph.LATENTS, input.latents());
    inputs.put(PixArtGraph.TIMESTEPS, Tensor.full((float) input.timestep(), batch));
    inputs.put(PixArtGraph.TEXT, input.captions().values());
    inputs.put(PixArtGraph.MASK, input.captions().mask());
    if (config.sizeConditions()) {
      Tensor resolution = Tensor.zeros(batch, 2);
      for (int i = 0; i < batch; i++) {
        resolution.data()[2 * i] = input.height();
        resolution.data()[2 * i + 1] = input.width();
      }
      float ratio = (float) ((double) input.height() / input.width());
      inputs.put(PixArtGraph.RESOLUTION, resolution);
      inputs.put(PixArtGraph.ASPECT_RATIO, Tensor.full(ratio, batch, 1));
    }
    return model.run(inputs);
  }

  @Override
  public int latentChannels() {
    return config.inChannels();
  }

  @Override
  public int outputChannels() {
    return config.outChannels();
  }

  @Override
  public void close() {
    model.close();
  }
}
