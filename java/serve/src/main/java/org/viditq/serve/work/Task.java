package org.viditq.serve.work;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.model.ServedModel;

/**
 * One picture or clip to make.
 *
 * <p>It is given up within one sampling step where its client has gone away or its deadline has
 * passed; then {@link #result()} fails with an {@link ApiException}, as it does for every failure.
 */
public final class Task {
  /**
   * What is to be made.
   *
   * @param cache what steps take from earlier ones, in the words of the request; {@code none} for
   *     nothing
   */
  public record Order(
      ServedModel model,
      String plan,
      Optional<String> scheduler,
      String prompt,
      String negativePrompt,
      String cache,
      GenerationRequest request) {
    /** With the size that is sampled, not that of the result. */
    public long pixels() {
      return (long) request.frames() * request.height() * request.width();
    }

    /**
     * Whether it is sampled by itself. What a sampling keeps from step to step belongs to all of
     * its pictures, and no picture could leave it alone.
     */
    boolean isAlone() {
      return request.caching().isOn();
    }

    DiffusionPipeline pipeline() {
      return model.pipeline(plan, scheduler);
    }

    /** What tasks that can share a batch have in common. */
    BatchKey key() {
      return new BatchKey(model, plan, scheduler, request.withSeeds(List.of(0L)));
    }
  }

  /** Everything but prompts and seeds. */
  record BatchKey(
      ServedModel model, String plan, Optional<String> scheduler, GenerationRequest request) {}

  private final Order order;
  private final BooleanSupplier abandoned;
  private final Watcher watcher;
  private final long accepted = System.nanoTime();
  private final long deadlineSeconds;
  private final CompletableFuture<Clip> result = new CompletableFuture<>();

  /**
   * @param order with one seed
   * @param abandoned whether nobody waits for it any more; asked from the threads that compute, at
   *     every step
   * @param watcher told how far it is
   * @param deadlineSeconds after which it is given up
   */
  public Task(Order order, BooleanSupplier abandoned, Watcher watcher, long deadlineSeconds) {
    this.order = order;
    this.abandoned = abandoned;
    this.watcher = watcher;
    this.deadlineSeconds = deadlineSeconds;
  }

  public Order order() {
    return order;
  }

  Watcher watcher() {
    return watcher;
  }

  /** Nanoseconds since it was accepted. */
  long age() {
    return System.nanoTime() - accepted;
  }

  /** What it becomes; fails with nothing but {@link ApiException}. */
  public CompletableFuture<Clip> result() {
    return result;
  }

  /**
   * @throws ApiException if it is not worth another step
   */
  void requireWanted() {
    if (abandoned.getAsBoolean()) {
      throw ApiException.abandoned();
    }
    if (age() > deadlineSeconds * 1_000_000_000L) {
      throw ApiException.deadline(deadlineSeconds);
    }
  }

  /** Whether it is not worth another step; its result has failed then. */
  boolean isGivenUp() {
    if (result.isDone()) {
      return true;
    }
    try {
      requireWanted();
      return false;
    } catch (ApiException reason) {
      fail(reason);
      return true;
    }
  }

  void complete(Clip clip) {
    result.complete(clip);
  }

  void fail(ApiException reason) {
    result.completeExceptionally(reason);
  }
}
