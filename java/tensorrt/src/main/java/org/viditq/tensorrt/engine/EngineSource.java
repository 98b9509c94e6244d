package org.viditq.tensorrt.engine;

import org.viditq.core.pipeline.ProgressListener;

/** Where engines come from: a cache that is filled by a builder, or files that a user has named. */
public interface EngineSource extends AutoCloseable {
  /**
   * An engine of the requested graph that takes the requested shapes: one that is there, or a new
   * one for {@link EngineRequest#profile()}.
   *
   * @param progress told about a build as {@link ProgressListener.Stage#BUILDING}, with 0 first
   * @throws org.viditq.core.error.ViditqException if there is none and none can be built
   */
  EngineFile engine(EngineRequest request, ProgressListener progress);

  /** Releases what building took; engines that were given stay where they are. */
  @Override
  void close();
}
