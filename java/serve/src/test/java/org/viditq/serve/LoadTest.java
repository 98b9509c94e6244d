package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.cli.Main;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;

/** Many clients at once, some of which go away. */
@Tag("slow")
class LoadTest {
  private static final int CLIENTS = 64;
  private static final int REQUESTS = 192;

  /** Less than the pixels of a round's pictures take. */
  private static final long HEAP_SLACK = 4L << 20;

  private static final String[] SIZES = {"64x64", "96x64", "64x96"};

  @TempDir private Path folder;

  private static String body(int request) {
    return "{\"prompt\":\"a red ring\",\"seed\":"
        + request % 5
        + ",\"steps\":3,\"size\":\""
        + SIZES[request % SIZES.length]
        + "\"}";
  }

  /** Every seventh client goes away before it has an answer. */
  private static boolean goesAway(int request) {
    return request % 7 == 3;
  }

  @Test
  void everyAnswerIsRightAndNothingIsLeft() throws Exception {
    Map<String, byte[]> expected = new ConcurrentHashMap<>();
    try (ViditqServer server = TestClient.server("--batch", "1")) {
      TestClient client = new TestClient(server.address());
      for (int request = 0; request < REQUESTS; request++) {
        expected.computeIfAbsent(body(request), body -> TestClient.file(client.images(body), 0));
      }
    }
    for (String size : SIZES) {
      assertThat(TestClient.pixels(expected.get(body(sampleOf(size)))))
          .as(size)
          .isEqualTo(TestClient.pixels(generated(sampleOf(size))));
    }
    Backend backend = Backends.find("auto");
    try (ViditqServer server = TestClient.server()) {
      round(server, expected);
      assertThat(TestClient.metric(server, "viditq_batch_size_max")).isGreaterThan(1);
      long first = backend.allocatedBytes().orElse(0);
      long firstHeap = heap(server);
      round(server, expected);
      assertThat(backend.allocatedBytes().orElse(0)).isEqualTo(first);
      assertThat(heap(server) - firstHeap).isLessThan(HEAP_SLACK);
      assertThat(TestClient.metric(server, "viditq_queue_length")).isZero();
    }
    assertThat(backend.allocatedBytes().orElse(0)).isZero();
  }

  /** A request for a picture of that size. */
  private static int sampleOf(String size) {
    return Arrays.asList(SIZES).indexOf(size);
  }

  /** The picture of a request, made by the command. */
  private byte[] generated(int request) throws Exception {
    String[] sides = SIZES[request % SIZES.length].split("x");
    Path file = folder.resolve(request + ".png");
    String[] words = {
      "generate",
      "--model",
      "../../samples/pixart-mini",
      "--prompt",
      "a red ring",
      "--seed",
      Integer.toString(request % 5),
      "--steps",
      "3",
      "--width",
      sides[0],
      "--height",
      sides[1],
      "--out",
      file.toString(),
      "--quiet"
    };
    assertThat(Main.run(new PrintWriter(System.out), new PrintWriter(System.err), words)).isZero();
    return Files.readAllBytes(file);
  }

  /** Bytes of the Java heap that are no garbage, as the metrics tell it. */
  private static long heap(ViditqServer server) {
    System.gc();
    return (long)
        server
            .metrics()
            .lines()
            .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\""))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
            .sum();
  }

  private static void round(ViditqServer server, Map<String, byte[]> expected) throws Exception {
    AtomicInteger next = new AtomicInteger();
    AtomicInteger answered = new AtomicInteger();
    Queue<Object> wrong = new ConcurrentLinkedQueue<>();
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Thread thread =
          new Thread(
              () -> {
                TestClient client = new TestClient(server.address());
                for (int request = next.getAndIncrement();
                    request < REQUESTS;
                    request = next.getAndIncrement()) {
                  try {
                    if (goesAway(request)) {
                      leave(client, body(request));
                    } else if (Arrays.equals(
                        TestClient.file(client.images(body(request)), 0),
                        expected.get(body(request)))) {
                      answered.incrementAndGet();
                    } else {
                      wrong.add(request);
                    }
                  } catch (Exception | AssertionError failed) {
                    wrong.add(failed);
                  }
                }
              });
      thread.start();
      clients.add(thread);
    }
    for (Thread client : clients) {
      client.join();
    }
    assertThat(wrong).isEmpty();
    int away = 0;
    for (int request = 0; request < REQUESTS; request++) {
      away += goesAway(request) ? 1 : 0;
    }
    assertThat(answered.get()).isEqualTo(REQUESTS - away);
    // Those that went away are noticed when the queue comes to them.
    while (TestClient.metric(server, "viditq_queue_length") > 0) {
      Thread.sleep(20);
    }
  }

  private static void leave(TestClient client, String body) throws Exception {
    try (Socket socket = client.connect()) {
      socket
          .getOutputStream()
          .write(
              ("POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
    }
  }
}
