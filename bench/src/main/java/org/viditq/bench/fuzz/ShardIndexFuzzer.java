package org.viditq.bench.fuzz;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.tensor.Tensor;

/** The index of weights in shards, beside two shards that are whole. */
public final class ShardIndexFuzzer {
  private static boolean shardsAreThere;

  private ShardIndexFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    if (!shardsAreThere) {
      writeShard("a");
      writeShard("b");
      shardsAreThere = true;
    }
    Refusal.allowed(
        () -> {
          Path index = Scratch.write("model.safetensors.index.json", input);
          try (Checkpoint checkpoint = Checkpoints.open(index)) {
            Tensors.readAll(checkpoint);
          }
        });
  }

  private static void writeShard(String name) {
    Path shard = Scratch.FOLDER.resolve(name + ".safetensors");
    SafetensorsWriter.write(shard, List.of(MemoryTensor.of(name, Tensor.full(1, 2, 3))), Map.of());
  }
}
