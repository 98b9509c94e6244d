package org.viditq.core.model.pixart;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.model.SamplingDefaults;
import org.viditq.core.model.embedding.SizeConditions;
import org.viditq.core.model.layer.TextInput;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.model.size.AspectRatioBins;
import org.viditq.core.model.size.SizeBins;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/**
 * A PixArt transformer as pipelines and plans know it.
 *
 * @param config what it is made of
 */
public record PixArtModel(PixArtConfig config) implements DenoiserModel {
  private static final int ALPHA_TEXT_TOKENS = 120;
  private static final int SIGMA_TEXT_TOKENS = 300;

  /** Pixels per latent of the autoencoders that PixArt was published with. */
  private static final int PIXELS_PER_LATENT = 8;

  @Override
  public String family() {
    return "PixArt";
  }

  @Override
  public LatentGeometry latents() {
    return LatentGeometry.image(
        config.inChannels(), config.outChannels(), config.patchSize(), config.sampleSize());
  }

  @Override
  public List<InputSpec> inputs() {
    List<InputSpec> own = new ArrayList<>();
    own.add(
        InputSpec.of(InputNames.TEXT, Axis.BATCH, Axis.TOKENS, Axis.fixed(config.textFeatures())));
    own.add(InputSpec.optional(InputNames.MASK, Axis.BATCH, Axis.TOKENS));
    if (config.sizeConditions()) {
      own.add(InputSpec.of(InputNames.RESOLUTION, Axis.BATCH, Axis.fixed(2)));
      own.add(InputSpec.of(InputNames.ASPECT_RATIO, Axis.BATCH, Axis.fixed(1)));
    }
    return latents().inputs(own.toArray(InputSpec[]::new));
  }

  @Override
  public Conditioning conditioning(String pipelineClass) {
    return new Conditioning.Text(
        config.textFeatures(),
        config
            .textTokens()
            .orElse(
                pipelineClass.equals("PixArtSigmaPipeline")
                    ? SIGMA_TEXT_TOKENS
                    : ALPHA_TEXT_TOKENS),
        Conditioning.Padding.OWN_MASK);
  }

  @Override
  public SamplingDefaults samplingDefaults() {
    return SamplingDefaults.pictures(20, 4.5);
  }

  @Override
  public Optional<SizeBins> sizeBins() {
    return AspectRatioBins.ofSide(PIXELS_PER_LATENT * config.sampleSize());
  }

  @Override
  public Map<String, Tensor> sizeInputs(int batch, int height, int width) {
    if (!config.sizeConditions()) {
      return Map.of();
    }
    float[] resolution = new float[2 * batch];
    for (int i = 0; i < batch; i++) {
      resolution[2 * i] = height;
      resolution[2 * i + 1] = width;
    }
    Map<String, Tensor> sizes = new LinkedHashMap<>();
    sizes.put(InputNames.RESOLUTION, Tensor.of(resolution, batch, 2));
    sizes.put(InputNames.ASPECT_RATIO, Tensor.full((float) ((double) height / width), batch, 1));
    return sizes;
  }

  @Override
  public List<LinearLayer> linearLayers() {
    return PixArtLayers.of(config);
  }

  @Override
  public List<String> otherParts() {
    return PixArtLayers.PATCH_EMBEDDING;
  }

  @Override
  public <V> PreparedDenoiser<V> prepare(Parameters parameters, Operators<V> operators) {
    PixArtTransformer<V> transformer = new PixArtTransformer<>(config, parameters, operators);
    return (inputs, cache) -> {
      V latents = inputs.get(InputNames.LATENTS);
      V timesteps = inputs.get(InputNames.TIMESTEPS);
      int batch = operators.shape(latents).dim(0);
      TextTokens<V> text =
          TextInput.projected(
              operators, inputs, (encoded, mask) -> transformer.project(encoded, batch, mask));
      return transformer.forward(latents, timesteps, text, sizes(inputs), cache);
    };
  }

  private static <V> Optional<SizeConditions<V>> sizes(DenoiserValues<V> inputs) {
    return inputs
        .find(InputNames.RESOLUTION)
        .map(resolution -> new SizeConditions<>(resolution, inputs.get(InputNames.ASPECT_RATIO)));
  }
}
