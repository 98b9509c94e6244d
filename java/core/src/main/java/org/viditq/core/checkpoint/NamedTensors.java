package org.viditq.core.checkpoint;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.viditq.core.error.Printable;

/** A checkpoint that keeps its tensors by name. */
abstract class NamedTensors implements Checkpoint {
  private final String source;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Map<String, StoredTensor> tied = new HashMap<>();

  NamedTensors(String source) {
    this.source = source;
  }

  /**
   * @throws IllegalArgumentException if there is one of its name already
   */
  final void add(StoredTensor tensor) {
    if (tensors.put(tensor.name(), tensor) != null) {
      throw new IllegalArgumentException(
          "There are two tensors " + Printable.name(tensor.name()) + ".");
    }
  }

  /** Lets the tensor {@code stored}, if there is one, be found as {@code name}, if none is. */
  final void tie(String name, String stored) {
    StoredTensor tensor = tensors.get(stored);
    if (tensor != null && !tensors.containsKey(name)) {
      tied.put(name, new RenamedTensor(name, tensor));
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
    return tensors.containsKey(name) || tied.containsKey(name);
  }

  @Override
  public StoredTensor get(String name) {
    StoredTensor tensor = tensors.getOrDefault(name, tied.get(name));
    if (tensor == null) {
      throw Checkpoints.missing(name, this);
    }
    return tensor;
  }
}
