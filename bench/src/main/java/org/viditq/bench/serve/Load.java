package org.viditq.bench.serve;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/**
 * Clients that ask a server for pictures.
 *
 * @param clients how many, each with one request at a time
 * @param requests of all clients together
 * @param rate requests per second of all clients together; 0 where each sends its next when it has
 *     the answer to its last
 * @param seconds after which no more are sent
 */
record Load(int clients, int requests, double rate, double seconds) {
  private static final String PATH = "/v1/images/generations";

  /**
   * Sends them, and waits for the answers.
   *
   * @param address HOST:PORT
   * @param body of request i
   */
  Answers send(String address, IntFunction<String> body) throws InterruptedException {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    Answers answers = new Answers();
    AtomicInteger next = new AtomicInteger();
    long start = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    for (int client = 0; client < clients; client++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = next.getAndIncrement();
                    i < requests && System.nanoTime() - start < seconds * 1e9;
                    i = next.getAndIncrement()) {
                  long begun = due(start, i);
                  String error = answer(http, address, body.apply(i));
                  answers.add(since(begun), error);
                }
              },
              "client-" + client);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    answers.end(since(start));
    return answers;
  }

  /**
   * Waits until request {@code i} is due. It counts as begun then, also if no client was free: what
   * a client waits for is part of its time.
   */
  private long due(long start, int i) {
    if (rate == 0) {
      return System.nanoTime();
    }
    long due = start + (long) (i * 1e9 / rate);
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    return due;
  }

  private static double since(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  /** What went wrong; empty if nothing did. */
  private static String answer(HttpClient http, String address, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + PATH))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      int status = http.send(request, HttpResponse.BodyHandlers.ofByteArray()).statusCode();
      return status == 200 ? "" : Integer.toString(status);
    } catch (IOException broken) {
      return "connection";
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }
}
