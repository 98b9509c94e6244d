package org.viditq.serve.http;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.viditq.core.pipeline.Clip;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.work.Task;

/** Waiting for tasks, while their client waits. */
final class Waiting {
  private static final long LOOK_MILLISECONDS = 200;

  private Waiting() {}

  /**
   * The results of tasks that were accepted.
   *
   * @throws ApiException the failure of the first that failed
   */
  static List<Clip> all(List<Task> tasks, WatchedConnection connection) {
    List<Clip> clips = new ArrayList<>();
    for (Task task : tasks) {
      clips.add(one(task, connection));
    }
    return clips;
  }

  private static Clip one(Task task, WatchedConnection connection) {
    while (true) {
      try {
        return task.result().get(LOOK_MILLISECONDS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException notYet) {
        if (connection.isGone()) {
          throw ApiException.abandoned();
        }
      } catch (ExecutionException failed) {
        throw ApiException.of(failed.getCause());
      } catch (InterruptedException ended) {
        Thread.currentThread().interrupt();
        throw ApiException.draining();
      }
    }
  }
}
