package org.viditq.core.checkpoint;

import java.util.Collection;
import java.util.Map;

/** Tensors in memory seen as a checkpoint; nothing to close. */
public final class MemoryCheckpoint extends NamedTensors {
  private final Map<String, String> metadata;

  /**
   * @param source what messages call it
   * @param tensors in the order of {@link #names()}, with distinct names
   */
  public MemoryCheckpoint(
      String source, Collection<? extends StoredTensor> tensors, Map<String, String> metadata) {
    super(source);
    this.metadata = Map.copyOf(metadata);
    tensors.forEach(this::add);
  }

  public MemoryCheckpoint(String source, Collection<? extends StoredTensor> tensors) {
    this(source, tensors, Map.of());
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public void close() {}
}
