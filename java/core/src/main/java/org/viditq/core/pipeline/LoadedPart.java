package org.viditq.core.pipeline;

/** A part of a pipeline that holds its weights in memory, until it is closed. */
public interface LoadedPart extends AutoCloseable {
  /** Gives memory back that no value takes at the moment; the next use takes some anew. */
  default void releaseIdleMemory() {}

  @Override
  void close();
}
