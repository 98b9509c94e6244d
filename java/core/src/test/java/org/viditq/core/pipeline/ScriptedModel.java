package org.viditq.core.pipeline;

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

/** A model of nothing but latents, for denoisers that tests play themselves. */
record ScriptedModel(LatentGeometry latents) implements DenoiserModel {
  @Override
  public String family() {
    return "Scripted";
  }

  @Override
  public List<InputSpec> inputs() {
    return latents.inputs(InputSpec.of(InputNames.TEXT, Axis.BATCH, Axis.TOKENS, Axis.fixed(1)));
  }

  @Override
  public Conditioning conditioning(String pipelineClass) {
    return new Conditioning.Text(1, 1, Conditioning.Padding.OWN_MASK);
  }

  @Override
  public SamplingDefaults samplingDefaults() {
    return SamplingDefaults.pictures(3, 1);
  }

  @Override
  public List<LinearLayer> linearLayers() {
    return List.of();
  }

  @Override
  public <V> PreparedDenoiser<V> prepare(Parameters parameters, Operators<V> operators) {
    return (inputs, cache) -> inputs.get(InputNames.LATENTS);
  }
}
