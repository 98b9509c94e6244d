package org.viditq.bench.fuzz;

import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;

/** A pipeline folder's model_index.json. */
public final class ModelIndexFuzzer {
  private ModelIndexFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(
        () -> {
          Scratch.write("model_index.json", input);
          PipelineFolder pipeline = PipelineFolder.open(Scratch.FOLDER);
          for (Component component : Component.values()) {
            if (pipeline.lists(component)) {
              pipeline.className(component);
            }
            pipeline.has(component);
          }
        });
  }
}
