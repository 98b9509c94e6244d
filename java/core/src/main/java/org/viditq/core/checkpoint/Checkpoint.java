package org.viditq.core.checkpoint;

import java.util.Map;
import java.util.Set;

/** An open set of named tensors: one safetensors file, a sharded one, or tensors in memory. */
public interface Checkpoint extends AutoCloseable {
  /** Where it came from, for messages: a path or a description. */
  String source();

  /** Names in file order. */
  Set<String> names();

  boolean contains(String name);

  /**
   * @throws org.viditq.core.error.InvalidCheckpointException if there is no such tensor; the
   *     message names it and the source
   */
  StoredTensor get(String name);

  /** The file's string metadata; empty if it has none. */
  Map<String, String> metadata();

  @Override
  void close();
}
