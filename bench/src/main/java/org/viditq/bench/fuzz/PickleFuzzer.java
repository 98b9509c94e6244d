package org.viditq.bench.fuzz;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;

/** Weights in PyTorch's formats: a zip archive, the older stream, a bare pickle. */
public final class PickleFuzzer {
  private PickleFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(
        () -> {
          try (Checkpoint checkpoint = Checkpoints.open(Scratch.write("weights.pth", input))) {
            Tensors.readAll(checkpoint);
          }
        });
  }
}
