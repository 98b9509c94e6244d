package org.viditq.core.model.pixart;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.DiffusersForm;

/** PixArt-α and PixArt-Σ, in diffusers' layout and in the authors'. */
public final class PixArtFamily implements DenoiserFamily {
  /** The class that diffusers gave several families before each got its own. */
  private static final String SHARED_CLASS = "Transformer2DModel";

  @Override
  public String name() {
    return "PixArt";
  }

  @Override
  public boolean accepts(JsonConfig config) {
    String className = config.getString("_class_name", "");
    return switch (className) {
      case "PixArtTransformer2DModel" -> true;
      case SHARED_CLASS -> config.getString("norm_type", "").equals("ada_norm_single");
      default -> className.startsWith("PixArtMS") || className.equals("PixArt");
    };
  }

  @Override
  public boolean recognizes(Checkpoint weights) {
    return PixArtLayout.of(weights).isPresent();
  }

  @Override
  public DenoiserModel model(JsonConfig config, Checkpoint weights) {
    PixArtLayout layout = PixArtLayout.of(weights).orElse(PixArtLayout.DIFFUSERS);
    return new PixArtModel(
        layout == PixArtLayout.ORIGINAL
            ? PixArtConfig.fromOriginal(config, weights)
            : PixArtConfig.fromJson(config));
  }

  /** diffusers has no compressed attention: such checkpoints keep the authors' layout. */
  @Override
  public DiffusersForm diffusersForm(JsonConfig config, Checkpoint weights) {
    if (PixArtLayout.of(weights).orElse(PixArtLayout.DIFFUSERS) == PixArtLayout.DIFFUSERS) {
      return DiffusersForm.asItIs(config);
    }
    PixArtConfig described = PixArtConfig.fromOriginal(config, weights);
    return described.compression().isEmpty()
        ? PixArtConversion.of(described)
        : DiffusersForm.asItIs(config);
  }
}
