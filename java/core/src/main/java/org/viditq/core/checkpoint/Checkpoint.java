package org.viditq.core.checkpoint;

import java.util.Map;
import java.util.Set;
import org.viditq.core.error.Printable;

/**
 * An open set of named tensors: a safetensors file or a PyTorch pickle, several of them behind an
 * index, or tensors in memory.
 */
public interface Checkpoint extends AutoCloseable {
  /** Where it came from, for messages, as one line: a path or a description. */
  String source();

  /** Names in file order, as they are stored: {@link Printable#name} makes them fit to be shown. */
  Set<String> names();

  /**
   * Whether {@link #get} finds the tensor: one of {@link #names()}, or a tied one that is stored
   * once and that the file says to have this name too.
   */
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
