package org.viditq.core.model.stdit;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.ModelDescription;

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

  /** Its successors, STDiT2 and STDiT3, have other blocks and embed more than the timestep. */
  @Override
  public boolean recognizes(Checkpoint weights) {
    return weights.contains("t_block.1.weight")
        && weights.contains("blocks.0.attn_temp.proj.bias")
        && weights.contains("blocks.0.cross_attn.proj.bias")
        && !weights.contains("blocks.0.scale_shift_table_temporal")
        && !weights.contains("fps_embedder.mlp.0.weight");
  }

  @Override
  public DenoiserModel model(JsonConfig config, Checkpoint weights) {
    return new StditModel(StditConfig.of(new ModelDescription(config, weights)));
  }
}
