package org.viditq.bench.serve;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

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
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Sends them, and waits for the answers.
   *
   * @param address HOST:PORT
   */
  Answers send(String address, RequestMix mix) throws InterruptedException {
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
                  answers.sent();
                  if (mix.leaves(i)) {
                    leave(address, mix, i, answers);
                  } else {
                    ask(http, address, mix, i, begun, answers);
                  }
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

  private static void ask(
      HttpClient http, String address, RequestMix mix, int i, long begun, Answers answers) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + PATH))
            .POST(HttpRequest.BodyPublishers.ofString(mix.body(i)))
            .build();
    try {
      HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
      double took = since(begun);
      if (response.statusCode() == 200) {
        String file = JSON.readTree(response.body()).at("/data/0/b64_json").asText();
        answers.picture(i, took, PictureHash.of(Base64.getDecoder().decode(file)));
      } else {
        answers.error(Integer.toString(response.statusCode()));
      }
    } catch (IllegalArgumentException noPicture) {
      answers.error("no picture");
    } catch (IOException broken) {
      answers.error("connection");
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
      answers.error("interrupted");
    }
  }

  /** Sends a request, and closes the connection without having read anything of the answer. */
  private static void leave(String address, RequestMix mix, int i, Answers answers) {
    int colon = address.lastIndexOf(':');
    byte[] body = mix.body(i).getBytes(StandardCharsets.UTF_8);
    String head =
        "POST "
            + PATH
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    try (Socket socket =
        new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)))) {
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(body);
      socket.getOutputStream().flush();
      LockSupport.parkNanos(mix.patience(i));
      answers.left();
    } catch (IOException broken) {
      answers.error("connection");
    }
  }
}
