package org.viditq.serve.work;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.viditq.serve.metrics.ServerMetrics;
import org.viditq.serve.model.EncodedPromptCache;
import org.viditq.serve.model.ResidentModels;
import org.viditq.serve.model.ServedModel;

/**
 * The thread that computes, batch after batch. There is one, because a batch uses all threads of
 * the backend; models are its own.
 */
public final class Worker implements AutoCloseable {
  private final WorkQueue queue;
  private final ResidentModels models;
  private final EncodedPromptCache cache;
  private final ServerMetrics metrics;
  private final ExecutorService samplings =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "viditq-sampling");
            thread.setDaemon(true);
            return thread;
          });
  private final Thread thread = new Thread(this::work, "viditq-worker");

  public Worker(
      WorkQueue queue, ResidentModels models, EncodedPromptCache cache, ServerMetrics metrics) {
    this.queue = queue;
    this.models = models;
    this.cache = cache;
    this.metrics = metrics;
    thread.setDaemon(true);
  }

  /**
   * Loads models before the start.
   *
   * @throws org.viditq.core.error.ViditqException if one cannot be loaded; none stays then
   */
  public void preload(List<ServedModel> served) {
    try {
      served.forEach(models::preload);
    } catch (RuntimeException | Error unusable) {
      models.close();
      throw unusable;
    }
  }

  public void start() {
    thread.start();
  }

  private void work() {
    try (models) {
      for (List<Task> batch = queue.take(); !batch.isEmpty(); batch = queue.take()) {
        long start = System.nanoTime();
        try {
          new BatchRun(batch, models, cache, metrics, samplings).run();
        } catch (RuntimeException | Error failure) {
          batch.forEach(task -> task.fail(Failures.of(failure)));
        } finally {
          queue.done(Duration.ofNanos(System.nanoTime() - start));
        }
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends it after the batch that is being computed, and lets go of the models. */
  @Override
  public void close() {
    queue.close();
    try {
      thread.join();
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
    }
    samplings.shutdown();
  }
}
