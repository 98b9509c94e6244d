package org.viditq.serve.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.serve.error.ApiException;

/** Which tasks make a batch, and which are not taken. */
class WorkQueueTest {
  private static final int PIXELS = 64 * 64;

  private final AtomicBoolean gone = new AtomicBoolean();

  private static WorkQueue queue(int length, int batch, int batchPictures) {
    return new WorkQueue(
        new WorkLimits(length, batch, (long) batchPictures * PIXELS, Duration.ZERO, 10L * PIXELS));
  }

  private Task task(int steps, long seed) {
    return task(steps, seed, StepCaching.NONE);
  }

  private Task task(int steps, long seed, StepCaching caching) {
    return new Task(
        new Task.Order(
            null,
            "full-precision",
            Optional.empty(),
            "a " + seed,
            "",
            caching.toString(),
            GenerationRequest.pictures(List.of(seed), steps, 4.5, 64, 64).caching(caching)),
        gone::get,
        Watcher.NOBODY,
        600);
  }

  @Test
  void aBatchIsTheOldestAndThoseLikeIt() throws Exception {
    WorkQueue queue = queue(9, 3, 8);
    Task first = task(4, 1);
    Task other = task(5, 2);
    Task second = task(4, 3);
    Task third = task(4, 1);
    Task fourth = task(4, 5);
    queue.add(List.of(first, other));
    queue.add(List.of(second, third, fourth));
    assertThat(queue.take()).containsExactly(first, second, third);
    queue.done(Duration.ofSeconds(1));
    assertThat(queue.take()).containsExactly(other);
    queue.done(Duration.ofSeconds(1));
    assertThat(queue.take()).containsExactly(fourth);
  }

  @Test
  void whatIsCachedIsABatchByItself() throws Exception {
    WorkQueue queue = queue(9, 3, 8);
    Task plain = task(4, 1);
    Task cached = task(4, 2, StepCaching.interval(2));
    Task alike = task(4, 3, StepCaching.interval(2));
    Task last = task(4, 4);
    queue.add(List.of(cached, plain, alike, last));
    assertThat(queue.take()).containsExactly(cached);
    queue.done(Duration.ofSeconds(1));
    assertThat(queue.take()).containsExactly(plain, last);
    queue.done(Duration.ofSeconds(1));
    assertThat(queue.take()).containsExactly(alike);
  }

  /** The one task that a drain waits for may be given up instead of being done. */
  @Test
  void aQueueOfTasksThatAreGivenUpIsEmptyInTheEnd() throws Exception {
    WorkQueue queue = queue(9, 3, 8);
    queue.add(List.of(task(4, 1)));
    CompletableFuture<Boolean> empty =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return queue.awaitEmpty(Duration.ofSeconds(60));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    // Lets the other thread wait first; where it comes later, the queue is empty already.
    Thread.sleep(200);
    gone.set(true);
    Thread taker =
        new Thread(
            () -> {
              try {
                queue.take();
              } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
              }
            });
    taker.start();
    assertThat(empty.get(30, TimeUnit.SECONDS)).isTrue();
    queue.close();
    taker.join();
  }

  @Test
  void aBatchIsBoundedByItsPixelsButNeverEmpty() throws Exception {
    WorkQueue queue = queue(9, 8, 2);
    Task[] tasks = {task(4, 1), task(4, 2), task(4, 3)};
    queue.add(List.of(tasks));
    assertThat(queue.take()).containsExactly(tasks[0], tasks[1]);
    WorkQueue small = queue(9, 8, 0);
    small.add(List.of(tasks[2]));
    assertThat(small.take()).containsExactly(tasks[2]);
  }

  @Test
  void whatDoesNotFitIsNotTakenAtAll() throws Exception {
    WorkQueue queue = queue(2, 8, 8);
    queue.add(List.of(task(4, 1)));
    assertThatThrownBy(() -> queue.add(List.of(task(4, 2), task(4, 3))))
        .isInstanceOfSatisfying(
            ApiException.class,
            full -> {
              assertThat(full.status()).isEqualTo(429);
              assertThat(full.retryAfter()).isPresent();
            });
    assertThat(queue.length()).isEqualTo(1);
    queue.add(List.of(task(4, 4)));
    assertThat(queue.take()).hasSize(2);
  }

  @Test
  void pixelsThatAreComputedCountToo() throws Exception {
    WorkQueue queue = queue(100, 8, 8);
    queue.add(List.of(task(4, 1), task(4, 2), task(4, 3), task(4, 4), task(4, 5), task(4, 6)));
    assertThat(queue.take()).hasSize(6);
    assertThatThrownBy(
            () -> queue.add(List.of(task(4, 1), task(4, 2), task(4, 3), task(4, 4), task(4, 5))))
        .hasMessageContaining("pixels");
    queue.done(Duration.ofSeconds(1));
    queue.add(List.of(task(4, 1), task(4, 2), task(4, 3), task(4, 4), task(4, 5)));
  }

  @Test
  void whoHasGoneMakesRoom() throws Exception {
    WorkQueue queue = queue(1, 8, 8);
    Task left = task(4, 1);
    queue.add(List.of(left));
    gone.set(true);
    Task next = new Task(task(4, 2).order(), () -> false, Watcher.NOBODY, 600);
    queue.add(List.of(next));
    assertThat(queue.take()).containsExactly(next);
    assertThatThrownBy(() -> left.result().get())
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ApiException.class);
  }

  /** Pixels of clients that have left are no reason to refuse others. */
  @Test
  void whoHasGoneMakesRoomForPixelsToo() throws Exception {
    WorkQueue queue = queue(100, 8, 8);
    queue.add(List.of(task(4, 1), task(4, 2), task(4, 3), task(4, 4), task(4, 5), task(4, 6)));
    gone.set(true);
    Task next = new Task(task(4, 7).order(), () -> false, Watcher.NOBODY, 600);
    queue.add(List.of(next, next, next, next, next));
    assertThat(queue.length()).isEqualTo(5);
  }

  @Test
  void whoWaitedTooLongIsToldSo() throws Exception {
    WorkQueue queue = queue(1, 8, 8);
    Task late = new Task(task(4, 1).order(), () -> false, Watcher.NOBODY, 0);
    queue.add(List.of(late));
    Task next = task(4, 2);
    queue.add(List.of(next));
    assertThat(queue.take()).containsExactly(next);
    assertThat(late.result().handle((clip, reason) -> ((ApiException) reason).status()).get())
        .isEqualTo(504);
  }

  @Test
  void theEndTakesNothingMore() throws Exception {
    WorkQueue queue = queue(2, 8, 8);
    queue.add(List.of(task(4, 1)));
    queue.drain();
    assertThatThrownBy(() -> queue.add(List.of(task(4, 2)))).hasMessageContaining("shutting down");
    assertThat(queue.awaitEmpty(Duration.ofMillis(1))).isFalse();
    assertThat(queue.take()).hasSize(1);
    assertThat(queue.awaitEmpty(Duration.ofMillis(1))).isFalse();
    queue.done(Duration.ofSeconds(1));
    assertThat(queue.awaitEmpty(Duration.ZERO)).isTrue();
    queue.close();
    assertThat(queue.take()).isEmpty();
  }
}
