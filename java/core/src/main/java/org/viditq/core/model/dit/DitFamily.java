package org.viditq.core.model.dit;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.ModelDescription;

/** DiT, in diffusers' layout and in the authors'. */
public final class DitFamily implements DenoiserFamily {
  /** The class that diffusers gave several families before each got its own. */
  private static final String SHARED_CLASS = "Transformer2DModel";

  @Override
  public String name() {
    return "DiT";
  }

  @Override
  public boolean accepts(JsonConfig config) {
    String className = config.getString("_class_name", "");
    return switch (className) {
      case "DiTTransformer2DModel", "DiT" -> true;
      case SHARED_CLASS -> config.getString("norm_type", "").equals("ada_norm_zero");
      default -> className.startsWith("DiT_") || className.startsWith("DiT-");
    };
  }

  @Override
  public boolean recognizes(Checkpoint weights) {
    return DitLayout.of(weights).isPresent();
  }

  @Override
  public DenoiserModel model(JsonConfig config, Checkpoint weights) {
    DitLayout layout = DitLayout.of(weights).orElse(DitLayout.DIFFUSERS);
    return new DitModel(DitConfig.of(layout, new ModelDescription(config, weights)));
  }
}
