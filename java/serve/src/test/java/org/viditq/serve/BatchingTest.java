package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.cli.Main;

/** Requests that come together are computed together, and nobody can tell from the answers. */
@Tag("slow")
class BatchingTest {
  private static final String RING = "a red ring on a gray background";

  @TempDir private Path folder;

  private static String body(String prompt, int seed, String more) {
    return "{\"prompt\":\"" + prompt + "\",\"seed\":" + seed + ",\"steps\":4" + more + "}";
  }

  private static List<HttpResponse<byte[]>> atOnce(TestClient client, List<String> bodies) {
    var running =
        bodies.stream()
            .map(
                body ->
                    client
                        .http()
                        .sendAsync(
                            client
                                .request("/v1/images/generations")
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                            HttpResponse.BodyHandlers.ofByteArray()))
            .toList();
    return running.stream().map(CompletableFuture::join).toList();
  }

  @Test
  void aBatchedPictureHasTheBytesThatItHasAlone() {
    List<String> bodies =
        List.of(
            body(RING, 1, ""),
            body("a blue star", 2, ""),
            body("a blue star", 3, ",\"output_format\":\"jpeg\""),
            body("", 4, ",\"negative_prompt\":\"a ring\""),
            body(RING, 5, ",\"plan\":\"full-precision\""),
            body(RING, 6, ",\"plan\":\"full-precision\",\"size\":\"96x64\""),
            body(RING, 7, ",\"plan\":\"full-precision\",\"scheduler\":\"euler-ancestral\""),
            body(RING, 8, ",\"plan\":\"full-precision\",\"scheduler\":\"euler-ancestral\""),
            body(RING, 9, ",\"cache\":\"interval:2\""),
            body("a blue star", 10, ",\"cache\":\"interval:2\""),
            body(RING, 11, ",\"cache\":\"threshold:0.5\""),
            body("a blue star", 12, ",\"cache\":\"threshold:0.5\""));
    List<byte[]> batched;
    try (ViditqServer server = TestClient.server("--plan", "w8a8", "--batch-window", "3000")) {
      batched =
          atOnce(new TestClient(server.address()), bodies).stream()
              .map(answer -> TestClient.file(answer, 0))
              .toList();
      assertThat(TestClient.metric(server, "viditq_batch_size_max")).isGreaterThanOrEqualTo(2);
      assertThat(TestClient.metric(server, "viditq_batch_size_sum")).isEqualTo(bodies.size());
    }
    try (ViditqServer server = TestClient.server("--plan", "w8a8", "--batch", "1")) {
      List<byte[]> alone =
          bodies.stream()
              .map(body -> TestClient.file(new TestClient(server.address()).images(body), 0))
              .toList();
      assertThat(TestClient.metric(server, "viditq_batch_size_max")).isEqualTo(1);
      for (int i = 0; i < bodies.size(); i++) {
        assertThat(batched.get(i)).as(bodies.get(i)).isEqualTo(alone.get(i));
      }
    }
  }

  /** Parts of the model that were loaded. */
  private static double loads(ViditqServer server, String part) {
    return TestClient.metric(server, "viditq_part_loads_total{part=\"" + part + "\"}");
  }

  @Test
  void partsAreLoadedOnceWhereTheBudgetHasRoomForThem() {
    List<String> bodies =
        List.of(body(RING, 1, ""), body("a blue star", 2, ""), body("a green square", 3, ""));
    List<String> resident;
    try (ViditqServer server = TestClient.server()) {
      resident = inTurn(server, bodies);
      assertThat(loads(server, "encoders")).isEqualTo(1);
      assertThat(loads(server, "denoiser")).isEqualTo(1);
      assertThat(loads(server, "decoder")).isEqualTo(1);
      // What is known is not encoded again.
      assertThat(inTurn(server, bodies)).isEqualTo(resident);
      assertThat(loads(server, "encoders")).isEqualTo(1);
    }
    try (ViditqServer server = TestClient.server("--memory-budget", "1")) {
      assertThat(inTurn(server, bodies)).isEqualTo(resident);
      assertThat(loads(server, "encoders")).isEqualTo(3);
      assertThat(loads(server, "denoiser")).isEqualTo(1);
      assertThat(loads(server, "decoder")).isEqualTo(3);
      assertThat(TestClient.metric(server, "viditq_resident_models")).isEqualTo(1);
    }
  }

  /** The files in base 64. */
  private static List<String> inTurn(ViditqServer server, List<String> bodies) {
    TestClient client = new TestClient(server.address());
    return bodies.stream()
        .map(body -> TestClient.file(client.images(body), 0))
        .map(Base64.getEncoder()::encodeToString)
        .toList();
  }

  /** The file that {@code viditq generate} makes of the ring with seed 42. */
  private byte[] generated(String... more) throws IOException {
    Path file = folder.resolve("ring.png");
    String[] words = {
      "generate",
      "--model",
      "../../samples/pixart-mini",
      "--prompt",
      RING,
      "--seed",
      "42",
      "--steps",
      "4",
      "--plan",
      "w8a8",
      "--out",
      file.toString(),
      "--quiet"
    };
    String[] all = Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray(String[]::new);
    assertThat(Main.run(new PrintWriter(System.out), new PrintWriter(System.err), all)).isZero();
    return Files.readAllBytes(file);
  }

  @Test
  void cachedPicturesAreThoseOfTheCommandLine() throws Exception {
    int[] expected = TestClient.pixels(generated("--cache", "interval:2"));
    try (ViditqServer server = TestClient.server("--plan", "w8a8", "--cache", "interval:2")) {
      TestClient client = new TestClient(server.address());
      HttpResponse<byte[]> byDefault = client.images(body(RING, 41, ",\"n\":2"));
      assertThat(TestClient.pixels(TestClient.file(byDefault, 1))).isEqualTo(expected);
      HttpResponse<byte[]> without = client.images(body(RING, 42, ",\"cache\":\"none\""));
      assertThat(TestClient.pixels(TestClient.file(without, 0))).isNotEqualTo(expected);
      assertThat(TestClient.metric(server, "viditq_batch_size_max")).isEqualTo(1);
      assertThat(TestClient.json(client.get("/v1/models")).at("/data/0/viditq/cache").asText())
          .isEqualTo("interval:2");
    }
  }

  @Test
  void aPictureIsTheOneOfTheCommandLine() throws Exception {
    byte[] file = generated();
    try (ViditqServer server = TestClient.server("--plan", "w8a8")) {
      HttpResponse<byte[]> answer =
          new TestClient(server.address()).images(body(RING, 41, ",\"n\":2"));
      assertThat(TestClient.json(answer).at("/data/1/seed").asText()).isEqualTo("42");
      assertThat(TestClient.pixels(TestClient.file(answer, 1))).isEqualTo(TestClient.pixels(file));
      assertThat(TestClient.file(answer, 0)).isNotEqualTo(TestClient.file(answer, 1));
    }
  }

  /** Other machines cannot reach 0.0.0.0. */
  @Test
  void addressesOfPicturesBeginWithWhatTheServerWasAskedBy() {
    try (ViditqServer server = TestClient.server()) {
      String port = server.address().substring(server.address().indexOf(':'));
      String elsewhere =
          TestClient.json(
                  new TestClient("localhost" + port)
                      .images(body(RING, 1, ",\"response_format\":\"url\"")))
              .at("/data/0/url")
              .asText();
      assertThat(elsewhere).startsWith("http://localhost" + port + "/results/");
    }
  }

  @Test
  void picturesCanBeFetchedLaterAndAsOtherFormats() {
    try (ViditqServer server = TestClient.server("--result-lifetime", "2")) {
      TestClient client = new TestClient(server.address());
      HttpResponse<byte[]> answer =
          client.images(body(RING, 1, ",\"response_format\":\"url\",\"output_format\":\"webp\""));
      String url = TestClient.json(answer).at("/data/0/url").asText();
      assertThat(url).startsWith("http://" + server.address() + "/results/");
      String path = url.substring(url.indexOf("/results/"));
      HttpResponse<byte[]> file = client.get(path);
      assertThat(file.headers().firstValue("Content-Type")).hasValue("image/webp");
      assertThat(new String(file.body(), 0, 4, StandardCharsets.US_ASCII)).isEqualTo("RIFF");
      assertTimeout(
          Duration.ofSeconds(30),
          () -> {
            while (client.get(path).statusCode() != 404) {
              Thread.sleep(100);
            }
          });
    }
  }

  @Test
  void whoGoesAwayIsNotWorkedFor() throws Exception {
    try (ViditqServer server = TestClient.server("--batch", "1", "--max-steps", "10000")) {
      TestClient client = new TestClient(server.address());
      client.images(body(RING, 1, "")); // The model is loaded.
      String endless = "{\"prompt\":\"a\",\"steps\":999}";
      for (String stream : new String[] {"", ",\"stream\":true"}) {
        try (Socket socket = client.connect()) {
          send(socket, endless.replace("}", stream + "}"));
          Thread.sleep(1000);
        }
        // The next is computed at once, and not after 999 steps.
        assertThat(client.images(body(RING, 1, "")).statusCode()).isEqualTo(200);
      }
      assertThat(TestClient.metric(server, "viditq_pictures_total")).isEqualTo(3);
      assertThat(TestClient.metric(server, "viditq_errors_total{kind=\"abandoned\"}")).isEqualTo(2);
    }
  }

  @Test
  void requestsOnOneConnectionAreAnsweredInOrder() throws Exception {
    try (ViditqServer server = TestClient.server()) {
      try (Socket socket = new TestClient(server.address()).connect()) {
        StringBuilder requests = new StringBuilder();
        for (int seed = 1; seed <= 3; seed++) {
          String body = body(RING, seed, "");
          requests
              .append("POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Length: ")
              .append(body.length())
              .append("\r\n\r\n")
              .append(body);
        }
        requests.append("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        byte[] all = requests.toString().getBytes(StandardCharsets.US_ASCII);
        // In two parts, so that the second arrives while the first is worked on.
        int half = all.length / 2;
        socket.getOutputStream().write(all, 0, half);
        socket.getOutputStream().flush();
        Thread.sleep(300);
        socket.getOutputStream().write(all, half, all.length - half);
        socket.getOutputStream().flush();
        String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answers.split("HTTP/1.1 200 OK", -1)).hasSize(5);
        assertThat(answers)
            .containsSubsequence("\"seed\":\"1\"", "\"seed\":\"2\"", "\"seed\":\"3\"", "ok");
      }
    }
  }

  @Test
  void aFullQueueTakesNoMore() throws Exception {
    try (ViditqServer server = TestClient.server("--queue", "2", "--max-n", "2", "--batch", "1")) {
      TestClient client = new TestClient(server.address());
      try (Socket socket = client.connect()) {
        send(socket, "{\"prompt\":\"a\",\"steps\":250,\"size\":\"256x256\",\"n\":2}");
        while (TestClient.metric(server, "viditq_queue_length") != 1) {
          Thread.sleep(20);
        }
        HttpResponse<byte[]> refused = client.images(body(RING, 1, ",\"n\":2"));
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValueAsLong("Retry-After").orElseThrow()).isPositive();
        assertThat(TestClient.json(refused).at("/error/code").asText()).isEqualTo("queue_full");
      }
      assertThat(client.images(body(RING, 1, ",\"n\":2")).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aRequestThatTakesTooLongIsGivenUp() {
    try (ViditqServer server = TestClient.server("--deadline", "1")) {
      HttpResponse<byte[]> late =
          new TestClient(server.address())
              .images("{\"prompt\":\"a\",\"steps\":250,\"size\":\"256x256\"}");
      assertThat(late.statusCode()).isEqualTo(504);
      assertThat(TestClient.json(late).at("/error/code").asText()).isEqualTo("deadline_exceeded");
    }
  }

  private static void send(Socket socket, String body) throws IOException {
    String request =
        "POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  @Test
  void streamedPicturesComeWithPreviews() throws Exception {
    try (ViditqServer server = TestClient.server()) {
      TestClient client = new TestClient(server.address());
      HttpResponse<byte[]> answer =
          client.images(body(RING, 1, ",\"stream\":true,\"partial_images\":2,\"progress\":true"));
      assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
          .startsWith("text/event-stream");
      List<String> events =
          new String(answer.body(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> line.startsWith("event: "))
              .toList();
      assertThat(events)
          .containsExactly(
              "event: image_generation.progress",
              "event: image_generation.progress",
              "event: image_generation.partial_image",
              "event: image_generation.progress",
              "event: image_generation.partial_image",
              "event: image_generation.progress",
              "event: image_generation.completed");
      String last =
          new String(answer.body(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> line.startsWith("data: "))
              .reduce((a, b) -> b)
              .orElseThrow()
              .substring(6);
      byte[] streamed =
          Base64.getDecoder().decode(new ObjectMapper().readTree(last).path("b64_json").asText());
      assertThat(streamed).isEqualTo(TestClient.file(client.images(body(RING, 1, "")), 0));
    }
  }
}
