package org.viditq.serve.work;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.viditq.serve.error.ApiException;

/**
 * Tasks that wait, oldest first, and the batches that are made of them: the oldest task, and those
 * behind it that ask for the same but for prompts and seeds. What is sampled with step caching is a
 * batch by itself.
 *
 * <p>While a batch computes, others come together. An idle server waits for the length of a window
 * after the arrival of the first, so that requests of one moment share a batch.
 */
public final class WorkQueue {
  /** What a client is told when the queue is full, at the least and at most. */
  private static final int LEAST_RETRY_SECONDS = 1;

  private static final int MOST_RETRY_SECONDS = 600;

  private final WorkLimits limits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Task> waiting = new ArrayList<>();
  private List<Task> running = List.of();
  private boolean closed;
  private boolean draining;
  private double secondsPerTask = 1;

  public WorkQueue(WorkLimits limits) {
    this.limits = limits;
  }

  /**
   * Accepts tasks, all or none.
   *
   * @throws ApiException if there is no room, or the server is ending
   */
  public void add(List<Task> tasks) {
    lock.lock();
    try {
      if (draining) {
        throw ApiException.draining();
      }
      if (waiting.size() + tasks.size() > limits.queue()
          || pixelsWith(tasks) > limits.pixelsInFlight()) {
        waiting.removeIf(Task::isGivenUp);
      }
      if (waiting.size() + tasks.size() > limits.queue()) {
        throw full("The queue of " + limits.queue() + " pictures is full; try again later.");
      }
      if (pixelsWith(tasks) > limits.pixelsInFlight()) {
        throw full(
            "More than the "
                + limits.pixelsInFlight()
                + " pixels that this server works on at a time are asked for; try again later.");
      }
      waiting.addAll(tasks);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Pixels of all that waits or runs, and of these tasks. */
  private long pixelsWith(List<Task> tasks) {
    return Stream.of(waiting, running, tasks)
        .flatMap(List::stream)
        .mapToLong(task -> task.order().pixels())
        .sum();
  }

  private ApiException full(String sentence) {
    double wait = Math.ceil((waiting.size() + running.size()) * secondsPerTask);
    int seconds = (int) Math.max(LEAST_RETRY_SECONDS, Math.min(MOST_RETRY_SECONDS, wait));
    return ApiException.overloaded(seconds, sentence);
  }

  /**
   * Waits for the next batch; its tasks count as running until {@link #done}.
   *
   * @return empty when the queue is closed
   */
  List<Task> take() throws InterruptedException {
    lock.lock();
    try {
      while (true) {
        if (waiting.removeIf(Task::isGivenUp)) {
          changed.signalAll(); // What waits for an empty queue.
        }
        if (waiting.isEmpty()) {
          if (closed) {
            return List.of();
          }
          changed.await();
          continue;
        }
        Task oldest = waiting.get(0);
        List<Task> batch = alike(oldest);
        long left = limits.window().toNanos() - oldest.age();
        if (oldest.order().isAlone()
            || batch.size() >= limits.batch()
            || batch.size() < waiting.size()
            || left <= 0) {
          waiting.removeAll(batch);
          running = batch;
          return batch;
        }
        changed.await(left, TimeUnit.NANOSECONDS);
      }
    } finally {
      lock.unlock();
    }
  }

  private List<Task> alike(Task oldest) {
    if (oldest.order().isAlone()) {
      return List.of(oldest);
    }
    long fit = Math.max(1, limits.batchPixels() / oldest.order().pixels());
    return waiting.stream()
        .filter(task -> task.order().key().equals(oldest.order().key()))
        .limit(Math.min(fit, limits.batch()))
        .toList();
  }

  /**
   * Says that the batch which was taken last is done.
   *
   * @param taken how long it took
   */
  void done(Duration taken) {
    lock.lock();
    try {
      double seconds = taken.toNanos() * 1e-9 / Math.max(1, running.size());
      secondsPerTask += (seconds - secondsPerTask) / 4;
      running = List.of();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many wait. */
  public int length() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more; what was accepted is still done. */
  public void drain() {
    lock.lock();
    try {
      draining = true;
    } finally {
      lock.unlock();
    }
  }

  public boolean isDraining() {
    lock.lock();
    try {
      return draining;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until nothing waits or runs.
   *
   * @return whether that came to pass in time
   */
  public boolean awaitEmpty(Duration patience) throws InterruptedException {
    long nanoseconds = patience.toNanos();
    lock.lock();
    try {
      while (!waiting.isEmpty() || !running.isEmpty()) {
        if (nanoseconds <= 0) {
          return false;
        }
        nanoseconds = changed.awaitNanos(nanoseconds);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends {@link #take}; what still waits fails. */
  void close() {
    lock.lock();
    try {
      draining = true;
      closed = true;
      waiting.forEach(task -> task.fail(ApiException.draining()));
      waiting.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
