package org.viditq.serve.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.core.pipeline.Image;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.error.ErrorBody;
import org.viditq.serve.work.Task;
import org.viditq.serve.work.Watcher;

/** A clip that is made while its client asks now and then how far it is. */
final class VideoJob implements Watcher {
  private static final int WHOLE = 100;

  /** What a job takes beside its texts and its file. */
  private static final int OVERHEAD_BYTES = 1024;

  private final String id;
  private final Task.Order order;
  private final long created = Instant.now().getEpochSecond();
  private volatile boolean deleted;
  private int progress;
  private long ended;
  private boolean begun;
  private ApiException failure;
  private byte[] file;
  private String contentType;

  VideoJob(String id, Task.Order order) {
    this.id = id;
    this.order = order;
  }

  String id() {
    return id;
  }

  Task.Order order() {
    return order;
  }

  /** Ends its work within one step. */
  void delete() {
    deleted = true;
  }

  boolean isDeleted() {
    return deleted;
  }

  @Override
  public synchronized void step(int done, int steps, Supplier<Image> preview) {
    begun = true;
    progress = Math.min(WHOLE - 1, WHOLE * done / Math.max(1, steps));
  }

  synchronized void complete(byte[] bytes, String type) {
    file = bytes;
    contentType = type;
    progress = WHOLE;
    ended = Instant.now().getEpochSecond();
  }

  synchronized void fail(ApiException reason) {
    failure = reason;
    ended = Instant.now().getEpochSecond();
  }

  /** Bytes that it holds, about: one that has failed holds its prompts. */
  synchronized long size() {
    return OVERHEAD_BYTES
        + (long) Character.BYTES * (order.prompt().length() + order.negativePrompt().length())
        + (file == null ? 0 : file.length);
  }

  synchronized boolean isEnded() {
    return ended != 0;
  }

  /** Seconds since the epoch, when it ended. */
  synchronized long ended() {
    return ended;
  }

  /** The clip as a file; empty if it is not there yet. */
  synchronized Optional<ResultStore.Stored> file() {
    if (failure != null) {
      throw failure;
    }
    return file == null
        ? Optional.empty()
        : Optional.of(new ResultStore.Stored(file, contentType, Long.MAX_VALUE));
  }

  /** As OpenAI's API describes it. */
  synchronized ObjectNode describe(long lifetimeSeconds) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("id", id);
    node.put("object", "video");
    node.put("model", order.model().name());
    node.put("status", status());
    node.put("progress", progress);
    node.put("created_at", created);
    node.put("size", order.request().outputSize().toString());
    node.put(
        "seconds",
        Long.toString(Math.round(order.request().frames() / order.request().framesPerSecond())));
    node.put("frames", order.request().frames());
    node.put("fps", order.request().framesPerSecond());
    node.put("seed", Long.toUnsignedString(order.request().seeds().get(0)));
    node.put("prompt", order.prompt());
    if (ended != 0 && failure == null) {
      node.put("completed_at", ended);
    }
    if (ended != 0) {
      node.put("expires_at", ended + lifetimeSeconds);
    }
    node.set(
        "error", failure == null ? JsonNodeFactory.instance.nullNode() : ErrorBody.error(failure));
    return node;
  }

  private String status() {
    if (ended != 0) {
      return failure == null ? "completed" : "failed";
    }
    return begun ? "in_progress" : "queued";
  }
}
