package org.viditq.serve.work;

import java.util.function.Supplier;
import org.viditq.core.pipeline.Image;

/** Told how far a task is, from threads that must not wait for it. */
public interface Watcher {
  /** Looks away. */
  Watcher NOBODY = new Watcher() {};

  /**
   * {@code done} of {@code steps} sampling steps are done.
   *
   * @param preview computes what the picture, or a clip's first frame, will about be, at the cost
   *     of decoding it
   */
  default void step(int done, int steps, Supplier<Image> preview) {}
}
