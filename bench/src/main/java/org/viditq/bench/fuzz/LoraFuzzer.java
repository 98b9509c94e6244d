package org.viditq.bench.fuzz;

import java.io.IOException;
import java.util.List;
import org.viditq.bench.model.ModelLayouts;
import org.viditq.bench.model.RandomTensor;
import org.viditq.core.adapter.LoraAdapters;
import org.viditq.core.adapter.LoraSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.io.StrictJson;

/** LoRA adapters, merged into a PixArt of one block. */
public final class LoraFuzzer {
  private static final JsonConfig CONFIG = config();
  private static final Checkpoint MODEL = model();

  private LoraFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(
        () -> {
          LoraSource adapter = new LoraSource(Scratch.write("lora.safetensors", input), 1);
          try (Checkpoint merged = new LoraAdapters(List.of(adapter)).merge(CONFIG, MODEL, false)) {
            Tensors.readAll(merged);
          }
        });
  }

  private static JsonConfig config() {
    byte[] json =
        SeedFiles.utf8(
            """
            {"_class_name": "PixArtTransformer2DModel", "num_layers": 1, "sample_size": 8,
             "num_attention_heads": 2, "attention_head_dim": 4, "in_channels": 4,
             "out_channels": 8, "patch_size": 2, "caption_channels": 6,
             "cross_attention_dim": 8, "norm_type": "ada_norm_single"}
            """);
    try {
      return JsonConfig.of(StrictJson.parse(json), "config.json");
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Drawn once: its tensors are read a million times. */
  private static Checkpoint model() {
    List<RandomTensor> drawn = ModelLayouts.pixArt(CONFIG);
    List<? extends StoredTensor> tensors =
        drawn.stream().map(tensor -> MemoryTensor.of(tensor.name(), tensor.toTensor())).toList();
    return new MemoryCheckpoint("a small PixArt", tensors);
  }
}
