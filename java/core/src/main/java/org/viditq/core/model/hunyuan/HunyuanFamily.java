package org.viditq.core.model.hunyuan;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.DiffusersForm;

/** HunyuanDiT 1.0 to 1.2, in diffusers' layout and in the authors'. */
public final class HunyuanFamily implements DenoiserFamily {
  static final String NAME = "HunyuanDiT";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(JsonConfig config) {
    return switch (config.getString("_class_name", "")) {
      case "HunyuanDiT2DModel", "HunYuanDiT" -> true;
      default -> false;
    };
  }

  @Override
  public boolean recognizes(Checkpoint weights) {
    return HunyuanLayout.of(weights).isPresent();
  }

  @Override
  public DenoiserModel model(JsonConfig config, Checkpoint weights) {
    return new HunyuanModel(HunyuanConfig.of(config, weights));
  }

  @Override
  public DiffusersForm diffusersForm(JsonConfig config, Checkpoint weights) {
    HunyuanConfig described = HunyuanConfig.of(config, weights);
    return described.layout() == HunyuanLayout.ORIGINAL
        ? HunyuanConversion.of(described)
        : DiffusersForm.asItIs(config);
  }
}
