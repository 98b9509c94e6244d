package org.viditq.bench.fuzz;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;

/** Weights in one safetensors file. */
public final class SafetensorsFuzzer {
  private SafetensorsFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(
        () -> {
          try (Checkpoint checkpoint =
              Checkpoints.open(Scratch.write("weights.safetensors", input))) {
            Tensors.readAll(checkpoint);
          }
        });
  }
}
