package org.viditq.core.model.stdit;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.model.SamplingDefaults;
import org.viditq.core.model.layer.TextInput;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.operators.Operators;

/**
 * An STDiT as pipelines and plans know it.
 *
 * @param config what it is made of
 */
public record StditModel(StditConfig config) implements DenoiserModel {
  @Override
  public String family() {
    return "STDiT";
  }

  @Override
  public LatentGeometry latents() {
    return new LatentGeometry(
        config.inChannels(),
        config.outChannels(),
        config.patch(),
        OptionalInt.of(config.frames()),
        config.height(),
        config.width());
  }

  @Override
  public List<InputSpec> inputs() {
    return latents()
        .inputs(
            InputSpec.of(
                InputNames.TEXT, Axis.BATCH, Axis.TOKENS, Axis.fixed(config.captionChannels())),
            InputSpec.optional(InputNames.MASK, Axis.BATCH, Axis.TOKENS));
  }

  @Override
  public Conditioning conditioning(String pipelineClass) {
    return new Conditioning.Text(
        config.captionChannels(), config.textTokens(), Conditioning.Padding.MASK_OF_PROMPT);
  }

  @Override
  public Optional<String> nullText() {
    return Optional.of("y_embedder.y_embedding");
  }

  /** 100 steps, guidance 7, 8 frames per second. */
  @Override
  public SamplingDefaults samplingDefaults() {
    return new SamplingDefaults(100, 7, 8);
  }

  @Override
  public List<LinearLayer> linearLayers() {
    return StditLayers.of(config);
  }

  @Override
  public List<String> otherParts() {
    return StditLayers.PATCH_EMBEDDING;
  }

  @Override
  public <V> PreparedDenoiser<V> prepare(Parameters parameters, Operators<V> operators) {
    StditTransformer<V> transformer = new StditTransformer<>(config, parameters, operators);
    return (inputs, cache) -> {
      V latents = inputs.get(InputNames.LATENTS);
      V timesteps = inputs.get(InputNames.TIMESTEPS);
      transformer.requireFit(latents);
      int batch = operators.shape(latents).dim(0);
      TextTokens<V> text =
          TextInput.projected(
              operators, inputs, (encoded, mask) -> transformer.project(encoded, batch, mask));
      return transformer.forward(latents, timesteps, text, cache);
    };
  }
}
