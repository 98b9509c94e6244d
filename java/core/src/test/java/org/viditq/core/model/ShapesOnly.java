package org.viditq.core.model;

import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.tensor.Tensor;

/** Checkpoints of zeros, for tests that look at names and shapes. */
public final class ShapesOnly {
  private final Map<String, int[]> shapes = new LinkedHashMap<>();

  public ShapesOnly with(String name, int... shape) {
    shapes.put(name, shape);
    return this;
  }

  public Checkpoint checkpoint() {
    return new MemoryCheckpoint(
        "weights",
        shapes.entrySet().stream()
            .map(entry -> MemoryTensor.of(entry.getKey(), Tensor.zeros(entry.getValue())))
            .toList());
  }
}
