package org.viditq.serve.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.viditq.core.pipeline.Clip;
import org.viditq.media.EncodingOptions;
import org.viditq.media.MediaFormat;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.json.Fields;
import org.viditq.serve.metrics.ServerMetrics;
import org.viditq.serve.model.ServedModel;
import org.viditq.serve.work.Task;
import org.viditq.serve.work.WorkQueue;

/**
 * {@code /v1/videos}: clips are asked for, watched and fetched in requests of their own. Those that
 * have ended are kept in memory for some time, up to a number of bytes; the oldest go first.
 */
final class VideosEndpoint implements AutoCloseable {
  static final String PATH = "/v1/videos";

  private static final int ID_BYTES = 24;

  private final GenerationFields generation;
  private final RequestLimits limits;
  private final WorkQueue queue;
  private final ServerMetrics metrics;
  private final long storeBytes;
  private final Duration lifetime;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, VideoJob> jobs = new LinkedHashMap<>();

  /** Files are encoded here, as the thread that computes has better things to do. */
  private final ExecutorService encoder =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "viditq-encoder");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * @param metrics counts clips that failed
   * @param storeBytes of clips that are kept
   * @param lifetime of a clip that is done
   */
  VideosEndpoint(
      GenerationFields generation,
      RequestLimits limits,
      WorkQueue queue,
      ServerMetrics metrics,
      long storeBytes,
      Duration lifetime) {
    this.generation = generation;
    this.limits = limits;
    this.queue = queue;
    this.metrics = metrics;
    this.storeBytes = storeBytes;
    this.lifetime = lifetime;
  }

  void create(Context context) {
    Fields fields = RequestBody.jsonOrForm(context, limits.bodyBytes());
    ServedModel model = generation.model(fields);
    if (!model.makesClips()) {
      throw ApiException.invalid(
          "model",
          "The model " + model.name() + " makes pictures; ask for them at /v1/images/generations.");
    }
    Task.Order order = generation.orders(fields, model, 1).get(0);
    VideoJob job = new VideoJob(newId(), order);
    Task task = new Task(order, job::isDeleted, job, limits.deadline().toSeconds());
    synchronized (jobs) {
      queue.add(List.of(task));
      jobs.put(job.id(), job);
    }
    task.result()
        .whenCompleteAsync(
            (clip, failure) -> {
              try {
                if (failure != null) {
                  throw ApiException.of(failure);
                }
                encode(job, clip);
              } catch (RuntimeException | Error reason) {
                ApiException told = ApiException.of(reason);
                metrics.error(told.code());
                job.fail(told);
              }
              discardOld();
            },
            encoder);
    Json.send(context, job.describe(lifetime.toSeconds()));
  }

  /** MP4, or GIF where this machine or the format cannot do that. */
  private static void encode(VideoJob job, Clip clip) {
    MediaFormat format =
        MediaFormat.MP4.misfit(clip.frames(), clip.height(), clip.width()).isEmpty()
            ? MediaFormat.MP4
            : MediaFormat.GIF;
    ResultEncoding encoding = new ResultEncoding(format, EncodingOptions.DEFAULT);
    job.complete(encoding.encode(job.order(), clip), encoding.contentType());
  }

  private String newId() {
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    return "video_" + HexFormat.of().formatHex(bytes);
  }

  private void discardOld() {
    synchronized (jobs) {
      long now = Instant.now().getEpochSecond();
      long bytes = jobs.values().stream().mapToLong(VideoJob::size).sum();
      for (Iterator<VideoJob> oldest = jobs.values().iterator(); oldest.hasNext(); ) {
        VideoJob job = oldest.next();
        boolean old = now - job.ended() > lifetime.toSeconds() || bytes > storeBytes;
        if (job.isEnded() && old && jobs.size() > 1) {
          bytes -= job.size();
          oldest.remove();
        }
      }
    }
  }

  private VideoJob find(Context context) {
    discardOld();
    synchronized (jobs) {
      VideoJob job = jobs.get(context.pathParam("id"));
      if (job == null) {
        throw ApiException.notFound(
            "There is no such video, or no longer; ask for the clip again.");
      }
      return job;
    }
  }

  void get(Context context) {
    Json.send(context, find(context).describe(lifetime.toSeconds()));
  }

  void content(Context context) {
    VideoJob job = find(context);
    ResultStore.Stored file =
        job.file()
            .orElseThrow(
                () ->
                    ApiException.conflict(
                        "The video is not done yet; ask for its content when its status is"
                            + " completed."));
    Binary.send(context, file);
  }

  void delete(Context context) {
    VideoJob job = find(context);
    job.delete();
    synchronized (jobs) {
      jobs.remove(job.id());
    }
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("id", job.id()).put("object", "video.deleted").put("deleted", true);
    Json.send(context, node);
  }

  /** All, the newest first. */
  void list(Context context) {
    discardOld();
    List<VideoJob> all;
    synchronized (jobs) {
      all = new ArrayList<>(jobs.values());
    }
    Collections.reverse(all);
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("object", "list");
    ArrayNode data = root.putArray("data");
    all.forEach(job -> data.add(job.describe(lifetime.toSeconds())));
    root.put("first_id", all.isEmpty() ? null : all.get(0).id());
    root.put("last_id", all.isEmpty() ? null : all.get(all.size() - 1).id());
    root.put("has_more", false);
    Json.send(context, root);
  }

  @Override
  public void close() {
    encoder.shutdown();
  }
}
