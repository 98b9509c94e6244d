package org.viditq.quantize;

import java.util.List;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.model.SamplingDefaults;
import org.viditq.core.operators.Operators;

/** A model that is nothing but its list of linear layers. */
public record ListedModel(List<LinearLayer> linearLayers) implements DenoiserModel {
  /** Layers of a block if their names begin with "blocks.", of 8 inputs and outputs. */
  public static ListedModel of(String... names) {
    return new ListedModel(layers(names));
  }

  /** See {@link #of}. */
  public static List<LinearLayer> layers(String... names) {
    return List.of(names).stream()
        .map(
            name ->
                name.startsWith("blocks.")
                    ? LinearLayer.inBlock(name, LinearLayer.Type.FEED_FORWARD, 8, 8)
                    : LinearLayer.outsideBlocks(name, LinearLayer.Type.OUTPUT, 8, 8))
        .toList();
  }

  @Override
  public String family() {
    return "Listed";
  }

  @Override
  public LatentGeometry latents() {
    return LatentGeometry.image(4, 4, 2, 8);
  }

  @Override
  public List<InputSpec> inputs() {
    return latents().inputs();
  }

  @Override
  public Conditioning conditioning(String pipelineClass) {
    return new Conditioning.Classes(10);
  }

  @Override
  public SamplingDefaults samplingDefaults() {
    return SamplingDefaults.pictures(20, 1);
  }

  @Override
  public <V> PreparedDenoiser<V> prepare(Parameters parameters, Operators<V> operators) {
    throw new AssertionError("This model is not evaluated.");
  }
}
