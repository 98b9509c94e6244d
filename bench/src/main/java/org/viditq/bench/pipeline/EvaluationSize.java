package org.viditq.bench.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.model.LatentGeometry.Patch;

/**
 * What a denoiser is evaluated on: two samples, as classifier-free guidance needs.
 *
 * @param pixels side of the picture, or of each frame
 * @param frames of the latents; 1 of pictures
 * @param textTokens of each sample's text, all of them valid
 */
record EvaluationSize(int pixels, int frames, int textTokens) {
  /** Samples of an evaluation. */
  static final int SAMPLES = 2;

  private static final int PIXELS_PER_LATENT = 8;

  /** Extents of the inputs by axis. */
  Map<String, Integer> extents() {
    Map<String, Integer> extents = new HashMap<>();
    extents.put(Axis.BATCH.name(), SAMPLES);
    extents.put(Axis.FRAMES.name(), frames);
    extents.put(Axis.HEIGHT.name(), side());
    extents.put(Axis.WIDTH.name(), side());
    extents.put(Axis.TOKENS.name(), textTokens);
    extents.put(Axis.TOKENS_2.name(), textTokens);
    return extents;
  }

  private int side() {
    return pixels / PIXELS_PER_LATENT;
  }

  /** Tokens that a sample's latents are cut into. */
  long latentTokens(DenoiserModel model) {
    Patch patch = model.latents().patch();
    return (long) (frames / patch.frames()) * (side() / patch.height()) * (side() / patch.width());
  }

  void putInto(ObjectNode node, DenoiserModel model) {
    node.put("pixels", pixels);
    if (model.latents().isVideo()) {
      node.put("frames", frames);
    }
    node.put("samples", SAMPLES);
    node.put("latentTokens", latentTokens(model));
    node.put("textTokens", textTokens);
  }

  /** In names of files. */
  String fileName() {
    return pixels + "px-" + frames;
  }

  /** For tables: 256 px, or 512 px, 4 frames. */
  @Override
  public String toString() {
    return pixels + " px" + (frames == 1 ? "" : ", " + frames + " frames");
  }
}
