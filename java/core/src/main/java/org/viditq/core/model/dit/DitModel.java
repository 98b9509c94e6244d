package org.viditq.core.model.dit;

import java.util.List;
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
import org.viditq.core.operators.Operators;

/**
 * A DiT as pipelines and plans know it.
 *
 * @param config what it is made of
 */
public record DitModel(DitConfig config) implements DenoiserModel {
  @Override
  public String family() {
    return "DiT";
  }

  @Override
  public LatentGeometry latents() {
    return LatentGeometry.image(
        config.inChannels(), config.outChannels(), config.patchSize(), config.sampleSize());
  }

  @Override
  public List<InputSpec> inputs() {
    return latents().inputs(InputSpec.of(InputNames.LABELS, Axis.BATCH));
  }

  @Override
  public Conditioning conditioning(String pipelineClass) {
    return new Conditioning.Classes(config.classes());
  }

  @Override
  public SamplingDefaults samplingDefaults() {
    return SamplingDefaults.pictures(config.layout() == DitLayout.DIFFUSERS ? 50 : 250, 4);
  }

  /** The published code knows square pictures only. */
  @Override
  public void requireLatents(int frames, int height, int width) {
    config.sideInPatches(height, width);
  }

  @Override
  public List<LinearLayer> linearLayers() {
    return DitLayers.of(config);
  }

  @Override
  public List<String> otherParts() {
    return DitLayers.OTHER_PARTS;
  }

  @Override
  public <V> PreparedDenoiser<V> prepare(Parameters parameters, Operators<V> operators) {
    return new DitTransformer<>(config, parameters, operators);
  }
}
