package org.viditq.serve.http;

import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.viditq.core.pipeline.Image;
import org.viditq.serve.work.Watcher;

/** Chooses the steps after which a client is shown what its picture will about be. */
final class Previews implements Watcher {
  private final int count;
  private final int steps;
  private final boolean progress;
  private final PreviewListener previews;
  private final BiConsumer<Integer, Integer> progressListener;
  private int shown;

  /** Takes a preview. */
  @FunctionalInterface
  interface PreviewListener {
    void show(int index, Image image);
  }

  /**
   * @param count previews, spread evenly over the steps before the last
   * @param progress whether every step is told
   */
  Previews(
      int count,
      int steps,
      boolean progress,
      PreviewListener previews,
      BiConsumer<Integer, Integer> progressListener) {
    this.count = count;
    this.steps = steps;
    this.progress = progress;
    this.previews = previews;
    this.progressListener = progressListener;
  }

  @Override
  public void step(int done, int total, Supplier<Image> preview) {
    if (progress) {
      progressListener.accept(done, total);
    }
    if (shown < count && done < steps && done >= (shown + 1.0) * steps / (count + 1)) {
      previews.show(shown++, preview.get());
    }
  }
}
