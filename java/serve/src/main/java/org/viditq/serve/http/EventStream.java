package org.viditq.serve.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.error.ErrorBody;

/**
 * Server-sent events of one request: threads that compute put them here and never wait; the
 * request's own thread writes them. Events that a slow reader has not taken when the room is full
 * are left out.
 */
final class EventStream {
  private static final long KEEP_ALIVE_SECONDS = 10;
  private static final Event END = new Event("", null);

  private final BlockingQueue<Event> events;
  private boolean begun;

  /**
   * An event.
   *
   * @param name of the event
   * @param data as JSON
   */
  record Event(String name, ObjectNode data) {}

  /**
   * @param room for events
   */
  EventStream(int room) {
    this.events = new ArrayBlockingQueue<>(room + 1);
  }

  void add(Event event) {
    events.offer(event);
  }

  /** After the last event; there is no other end, so it takes the room of an event if it must. */
  void end() {
    while (!events.offer(END)) {
      events.poll();
    }
  }

  /** Writes events until the end; a comment where there is none for long. */
  void send(Context context, WatchedConnection connection) throws IOException {
    while (true) {
      Event event;
      try {
        event = events.poll(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException ended) {
        Thread.currentThread().interrupt();
        throw ApiException.draining();
      }
      if (event == END) {
        return;
      }
      if (connection.isGone()) {
        throw new IOException("The client has gone away.");
      }
      write(context, event == null ? ": still working\n\n" : text(event));
    }
  }

  /** Writes one more event, after the end. */
  void sendLast(Context context, Event event) throws IOException {
    write(context, text(event));
  }

  /**
   * Writes an error as an event; nothing before the first event, when the status can still say it.
   */
  void sendError(Context context, ApiException failure) throws IOException {
    if (begun) {
      write(context, text(new Event("error", ErrorBody.of(failure))));
    }
  }

  private void write(Context context, String text) throws IOException {
    if (!begun) {
      begun = true;
      context.status(200);
      context.contentType("text/event-stream; charset=utf-8");
      context.header("Cache-Control", "no-cache");
      context.header("X-Accel-Buffering", "no");
    }
    ServletOutputStream stream = context.res().getOutputStream();
    stream.write(text.getBytes(StandardCharsets.UTF_8));
    stream.flush();
  }

  private static String text(Event event) {
    return "event: " + event.name() + "\ndata: " + Json.text(event.data()) + "\n\n";
  }
}
