package org.viditq.core.model.stdit;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.core.model.DenoiserModel;

/** STDiT (Open-Sora 1.0) in its authors' layout, with q, k and v fused or split. */
public final class StditFamily implements DenoiserFamily {
  @Override
  public String name() {
    return "STDiT";
  }

  /** By {@code _class_name}, or by {@code type}, as Open-Sora's own configurations call it. */
  @Override
  public boolean accepts(JsonConfig config) {
    String name = config.findString("_class_name").or(() -> config.findString("type")).orElse("");
    return name.equals("STDiT") || name.equals("STDiT-XL/2");
  }

  @Override
  public boolean recognizes(Checkpoint weights) {
    return StditShapes.areKnown(weights);
  }

  @Override
  public DenoiserModel model(JsonConfig config, Checkpoint weights) {
    return new StditModel(StditConfig.of(config, weights));
  }
}
