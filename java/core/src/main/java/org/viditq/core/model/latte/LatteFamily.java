package org.viditq.core.model.latte;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.ModelDescription;

/** Latte: text-to-video as in diffusers, and the authors' class-conditional models. */
public final class LatteFamily implements DenoiserFamily {
  @Override
  public String name() {
    return "Latte";
  }

  @Override
  public boolean accepts(JsonConfig config) {
    String className = config.getString("_class_name", "");
    return switch (className) {
      case "LatteTransformer3DModel", "LatteT2V", "Latte" -> true;
      default -> className.startsWith("Latte_") || className.startsWith("Latte-");
    };
  }

  @Override
  public boolean recognizes(Checkpoint weights) {
    return LatteLayout.of(weights).isPresent();
  }

  @Override
  public DenoiserModel model(JsonConfig config, Checkpoint weights) {
    LatteLayout layout = LatteLayout.of(weights).orElse(LatteLayout.TEXT_TO_VIDEO);
    return new LatteModel(LatteConfig.of(layout, new ModelDescription(config, weights)));
  }
}
