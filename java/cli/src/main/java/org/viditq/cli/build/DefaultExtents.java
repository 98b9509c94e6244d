package org.viditq.cli.build;

import java.util.Map;
import java.util.TreeMap;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.pipeline.DiffusionPipeline;

/** The extents that a pipeline's networks have when it makes what it was trained for. */
final class DefaultExtents {
  /** A picture, and what guidance leads away from. */
  private static final int GUIDED = 2;

  private DefaultExtents() {}

  /**
   * @param part name of a component
   * @return by the names of graphs' extents
   */
  static Map<String, Integer> of(PipelineFolder folder, String part) {
    DenoiserModel model = DiffusionPipeline.readModel(folder);
    LatentGeometry latents = model.latents();
    Conditioning conditioning = model.conditioning(folder.className());
    Map<String, Integer> extents = new TreeMap<>();
    if (part.equals(Component.TRANSFORMER.folder())) {
      extents.put("batch", GUIDED);
      latents.frames().ifPresent(frames -> extents.put("frames", frames));
      extents.put("height", latents.height());
      extents.put("width", latents.width());
      putTokens(extents, conditioning);
    } else if (part.equals(Component.VAE.folder())) {
      boolean temporal = DiffusionPipeline.readAutoencoder(folder).temporal();
      extents.put(temporal ? "frames" : "batch", temporal ? latents.frames().orElse(1) : 1);
      extents.put("height", latents.height());
      extents.put("width", latents.width());
    } else {
      extents.put("batch", 1);
      boolean second = part.equals(Component.TEXT_ENCODER_2.folder());
      if (conditioning instanceof Conditioning.Text text) {
        extents.put("tokens", text.tokens());
      } else if (conditioning instanceof Conditioning.TwoTexts texts) {
        extents.put("tokens", second ? texts.tokens2() : texts.tokens());
      }
    }
    return extents;
  }

  private static void putTokens(Map<String, Integer> extents, Conditioning conditioning) {
    // Two encoders' lengths are those of the model's configuration, and no extents of its graph.
    if (conditioning instanceof Conditioning.Text text) {
      extents.put("tokens", text.tokens());
    }
  }
}
