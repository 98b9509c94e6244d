package org.viditq.core.checkpoint;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** A checkpoint that keeps its tensors by name. */
abstract class NamedTensors implements Checkpoint {
  private final String source;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  NamedTensors(String source) {
    this.source = source;
  }

  /**
   * @throws IllegalArgumentException if there is one of its name already
   */
  final void add(StoredTensor tensor) {
    if (tensors.put(tensor.name(), tensor) != null) {
      throw new IllegalArgumentException("There are two tensors " + tensor.name() + ".");
    }
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
}
