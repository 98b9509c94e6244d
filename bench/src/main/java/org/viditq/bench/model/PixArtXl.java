package org.viditq.bench.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;

/** PixArt-Σ XL/2 at 1024 px with random float16 weights: 28 blocks, 611 M parameters, 1.2 GB. */
public final class PixArtXl {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  private PixArtXl() {}

  /** The published configuration. */
  public static JsonConfig config() {
    ObjectNode config = JSON.createObjectNode();
    config.put("_class_name", "PixArtTransformer2DModel");
    config.put("activation_fn", "gelu-approximate");
    config.put("attention_bias", true);
    config.put("attention_head_dim", 72);
    config.put("caption_channels", 4096);
    config.put("cross_attention_dim", 1152);
    config.put("in_channels", 4);
    config.put("interpolation_scale", 2);
    config.put("norm_elementwise_affine", false);
    config.put("norm_eps", 1e-6);
    config.put("norm_type", "ada_norm_single");
    config.put("num_attention_heads", 16);
    config.put("num_embeds_ada_norm", 1000);
    config.put("num_layers", 28);
    config.put("out_channels", 8);
    config.put("patch_size", 2);
    config.put("sample_size", 128);
    config.put("use_additional_conditions", false);
    return JsonConfig.of(config, "PixArt-Σ XL/2");
  }

  /** Writes the folder of the transformer into that of a pipeline. */
  public static void writeTransformer(Path pipeline) throws IOException {
    Path folder = Files.createDirectory(pipeline.resolve(Component.TRANSFORMER.folder()));
    JSON.writeValue(folder.resolve(Component.TRANSFORMER.configFile()).toFile(), config().node());
    SafetensorsWriter.write(
        folder.resolve(WEIGHTS), ModelLayouts.pixArt(config()), Map.of("format", "pt"));
  }
}
