package org.viditq.serve.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Image;
import org.viditq.media.EncodingOptions;
import org.viditq.media.MediaFormat;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.json.Fields;
import org.viditq.serve.model.ServedModel;
import org.viditq.serve.work.Task;
import org.viditq.serve.work.Watcher;
import org.viditq.serve.work.WorkQueue;

/** {@code POST /v1/images/generations}. */
final class ImagesEndpoint {
  static final String PATH = "/v1/images/generations";

  private static final int MOST_PARTIAL_IMAGES = 3;
  private static final int LONGEST_USER = 512;

  private final GenerationFields generation;
  private final RequestLimits limits;
  private final WorkQueue queue;
  private final ResultStore store;
  private final Function<Context, String> publicUrl;

  /**
   * @param publicUrl what the addresses of stored pictures begin with in the answer to a request
   */
  ImagesEndpoint(
      GenerationFields generation,
      RequestLimits limits,
      WorkQueue queue,
      ResultStore store,
      Function<Context, String> publicUrl) {
    this.generation = generation;
    this.limits = limits;
    this.queue = queue;
    this.store = store;
    this.publicUrl = publicUrl;
  }

  /** What a request says about its answer. */
  private record Answer(
      ResultEncoding encoding,
      boolean asUrl,
      boolean stream,
      int partialImages,
      boolean progress) {}

  void create(Context context) throws IOException {
    Fields fields = RequestBody.json(context, limits.bodyBytes());
    Answer answer = answer(fields);
    int count = fields.integer("n", 1, limits.pictures()).orElse(1);
    if (answer.stream() && count > 1) {
      throw ApiException.invalid(
          "n", "Only one picture can be streamed at a time; leave out n, or stream.");
    }
    ServedModel model = generation.model(fields);
    if (model.makesClips()) {
      throw ApiException.invalid(
          "model", "The model " + model.name() + " makes clips; ask for them at /v1/videos.");
    }
    List<Task.Order> orders = generation.orders(fields, model, count);
    Task.Order first = orders.get(0);
    answer
        .encoding()
        .format()
        .requireFit(1, first.request().outputSize().height(), first.request().outputSize().width());

    WatchedConnection connection = WatchedConnection.of(context.req());
    AtomicBoolean answered = new AtomicBoolean();
    BooleanSupplier abandoned = () -> answered.get() || connection.isGone();
    try {
      if (answer.stream()) {
        stream(context, connection, abandoned, answer, first);
      } else {
        List<Task> tasks =
            orders.stream().map(order -> task(order, abandoned, Watcher.NOBODY)).toList();
        queue.add(tasks);
        Json.send(
            context,
            result(orders, Waiting.all(tasks, connection), answer, publicUrl.apply(context)));
      }
    } finally {
      // Where one picture of several has failed, nobody waits for the others.
      answered.set(true);
    }
  }

  private Task task(Task.Order order, BooleanSupplier abandoned, Watcher watcher) {
    return new Task(order, abandoned, watcher, limits.deadline().toSeconds());
  }

  private Answer answer(Fields fields) {
    fields.text("user", LONGEST_USER);
    fields.word("moderation", "auto", "low");
    fields.word("background", "auto", "opaque");
    fields.word("quality", "auto", "standard");
    String format = fields.word("output_format", "png", "jpeg", "webp").orElse("png");
    boolean asUrl =
        fields.word("response_format", "b64_json", "url").orElse("b64_json").equals("url");
    boolean stream = fields.flag("stream").orElse(false);
    Optional<Integer> partialImages = fields.integer("partial_images", 0, MOST_PARTIAL_IMAGES);
    Optional<Boolean> progress = fields.flag("progress");
    if (!stream && (partialImages.orElse(0) > 0 || progress.orElse(false))) {
      throw ApiException.invalid(
          "partial_images", "Partial images and progress go with \"stream\": true.");
    }
    if (stream && asUrl) {
      throw ApiException.invalid(
          "response_format", "Streamed pictures are sent as b64_json; leave out url, or stream.");
    }
    return new Answer(
        new ResultEncoding(
            MediaFormat.ofName(format).orElseThrow(),
            new EncodingOptions(
                fields
                    .integer("output_compression", 1, 100)
                    .orElse(EncodingOptions.DEFAULT.quality()),
                EncodingOptions.DEFAULT.dither())),
        asUrl,
        stream,
        partialImages.orElse(0),
        progress.orElse(false));
  }

  private ObjectNode result(
      List<Task.Order> orders, List<Clip> clips, Answer answer, String address) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("created", Instant.now().getEpochSecond());
    describe(root, orders.get(0), answer);
    ArrayNode data = root.putArray("data");
    for (int i = 0; i < clips.size(); i++) {
      byte[] file = answer.encoding().encode(orders.get(i), clips.get(i));
      ObjectNode picture = data.addObject();
      if (answer.asUrl()) {
        String id = store.put(file, answer.encoding().contentType());
        picture.put("url", address + StoredEndpoint.PREFIX + id);
      } else {
        picture.put("b64_json", Base64.getEncoder().encodeToString(file));
      }
      picture.put("seed", seed(orders.get(i)));
    }
    return root;
  }

  private static String seed(Task.Order order) {
    return Long.toUnsignedString(order.request().seeds().get(0));
  }

  /** What OpenAI's answers say about pictures. Nothing is charged, so no token is counted. */
  private static void describe(ObjectNode root, Task.Order order, Answer answer) {
    root.put("background", "opaque");
    root.put("output_format", answer.encoding().format().id());
    root.put("quality", "auto");
    root.put("size", order.request().outputSize().toString());
    ObjectNode usage = root.putObject("usage");
    usage.put("input_tokens", 0).put("output_tokens", 0).put("total_tokens", 0);
    usage.putObject("input_tokens_details").put("image_tokens", 0).put("text_tokens", 0);
  }

  private void stream(
      Context context,
      WatchedConnection connection,
      BooleanSupplier abandoned,
      Answer answer,
      Task.Order order)
      throws IOException {
    EventStream events = new EventStream(answer.partialImages() + order.request().steps() + 2);
    Previews previews =
        new Previews(
            answer.partialImages(),
            order.request().steps(),
            answer.progress(),
            (index, image) -> events.add(partial(order, answer, index, image)),
            (done, steps) -> events.add(progress(done, steps)));
    Task task = task(order, abandoned, previews);
    queue.add(List.of(task));
    task.result().whenComplete((clip, failure) -> events.end());
    try {
      events.send(context, connection);
      Clip clip;
      try {
        clip = Waiting.all(List.of(task), connection).get(0);
      } catch (ApiException failure) {
        events.sendError(context, failure);
        throw failure;
      }
      events.sendLast(context, completed(order, answer, clip));
    } catch (IOException gone) {
      throw ApiException.abandoned();
    }
  }

  private static EventStream.Event partial(
      Task.Order order, Answer answer, int index, Image image) {
    ObjectNode data =
        event("image_generation.partial_image", order, answer, Clip.of(List.of(image), 1));
    data.put("partial_image_index", index);
    return new EventStream.Event("image_generation.partial_image", data);
  }

  private static EventStream.Event completed(Task.Order order, Answer answer, Clip clip) {
    return new EventStream.Event(
        "image_generation.completed", event("image_generation.completed", order, answer, clip));
  }

  private static EventStream.Event progress(int done, int steps) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("type", "image_generation.progress").put("step", done).put("steps", steps);
    return new EventStream.Event("image_generation.progress", data);
  }

  private static ObjectNode event(String type, Task.Order order, Answer answer, Clip clip) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("type", type);
    data.put("created_at", Instant.now().getEpochSecond());
    data.put("b64_json", Base64.getEncoder().encodeToString(answer.encoding().encode(order, clip)));
    describe(data, order, answer);
    data.put("seed", seed(order));
    return data;
  }
}
