package org.viditq.core.checkpoint;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Tensors in memory seen as a checkpoint; nothing to close. */
public final class MemoryCheckpoint implements Checkpoint {
  private final String source;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata;

  /**
   * @param source what messages call it
   * @param tensors in the order of {@link #names()}, with distinct names
   */
  public MemoryCheckpoint(
      String source, Collection<? extends StoredTensor> tensors, Map<String, String> metadata) {
    this.source = source;
    this.metadata = Map.copyOf(metadata);
    for (StoredTensor tensor : tensors) {
      if (this.tensors.put(tensor.name(), tensor) != null) {
        throw new IllegalArgumentException("There are two tensors " + tensor.name() + ".");
      }
    }
  }

  public MemoryCheckpoint(String source, Collection<? extends StoredTensor> tensors) {
    this(source, tensors, Map.of());
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  @Override
  public StoredTensor get(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw Checkpoints.missing(name, this);
    }
    return tensor;
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public void close() {}
}
