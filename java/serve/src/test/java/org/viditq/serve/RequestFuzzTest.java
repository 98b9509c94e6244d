package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damaged requests, for a minute at most: none is an error of the server, none shows its insides.
 */
@Tag("slow")
class RequestFuzzTest {
  /** For each of the tests. Requests are the same at each run; a busy machine gets less far. */
  private static final Duration TIME = Duration.ofSeconds(20);

  private static final int BODIES = 1_000;
  private static final int HEADS = 10_000;

  private static final List<String> SEEDS =
      List.of(
          "{\"prompt\":\"a\",\"model\":\"pixart-mini\",\"n\":1,\"size\":\"64x64\",\"seed\":5}",
          "{\"prompt\":\"caf\u00e9 \u7ea2\",\"guidance\":4.5,\"scheduler\":\"ddim\",\"steps\":1}",
          "{\"prompt\":\"\\u0061\",\"response_format\":\"url\",\"output_format\":\"webp\"}",
          "{\"prompt\":\"a\",\"stream\":true,\"partial_images\":1,\"progress\":true}",
          "{\"prompt\":\"a\",\"plan\":\"full-precision\",\"negative_prompt\":\"\",\"user\":null}");

  private static final String[] PARTS = {
    "null",
    "NaN",
    "-1",
    "1e999999999",
    "\"",
    "\\",
    "\\ud800",
    "[[[[[[[[[[",
    "{\"a\":",
    "../../etc",
    "\u0000",
    "99999999999999999999999999",
    "true",
    "0.5",
    ",",
    "}",
    "\\u0000",
    "\"size\":\"8x8\"",
    "%s%n",
    "${jndi:x}",
    "\r\n\r\n"
  };

  private static byte[] damaged(Random random) {
    StringBuilder text = new StringBuilder(SEEDS.get(random.nextInt(SEEDS.size())));
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(text.length() + 1);
      switch (random.nextInt(3)) {
        case 0 -> text.insert(at, PARTS[random.nextInt(PARTS.length)]);
        case 1 -> text.delete(at, Math.min(text.length(), at + random.nextInt(12)));
        default -> {
          int end = Math.min(text.length(), at + random.nextInt(12));
          text.replace(at, end, PARTS[random.nextInt(PARTS.length)]);
        }
      }
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0 && random.nextInt(4) == 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/images/generations", "/v1/videos"})
  void bodies(String path) {
    Random random = new Random(42);
    try (ViditqServer server =
        TestClient.server("--max-steps", "1", "--max-pixels", "9216", "--max-n", "1")) {
      TestClient client = new TestClient(server.address());
      long end = System.nanoTime() + TIME.toNanos();
      for (int i = 0; i < BODIES && System.nanoTime() < end; i++) {
        byte[] body = damaged(random);
        HttpResponse<byte[]> answer =
            random.nextInt(4) == 0
                ? client.post(
                    path,
                    body,
                    "Content-Type",
                    "multipart/form-data; boundary=" + (char) (33 + i % 90))
                : client.post(path, body);
        String text = new String(answer.body(), StandardCharsets.UTF_8);
        assertThat(answer.statusCode())
            .as(() -> new String(body, StandardCharsets.UTF_8) + "\n" + text)
            .isIn(200, 400, 404, 415);
        if (answer.statusCode() != 200) {
          assertThat(TestClient.json(answer).at("/error/message").asText())
              .endsWith(".")
              .doesNotContain("Exception", "org.viditq", "java.");
        }
      }
      assertThat(client.get("/healthz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void bytesOfHttp() {
    Random random = new Random(43);
    String head =
        "POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}";
    try (ViditqServer server = TestClient.server("--receive-timeout", "1")) {
      TestClient client = new TestClient(server.address());
      long end = System.nanoTime() + TIME.toNanos();
      for (int i = 0; i < HEADS && System.nanoTime() < end; i++) {
        byte[] bytes = head.getBytes(StandardCharsets.ISO_8859_1);
        for (int j = random.nextInt(4); j >= 0; j--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        try (Socket socket = client.connect()) {
          socket.getOutputStream().write(bytes);
          socket.shutdownOutput();
          String answer =
              new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
          if (!answer.isEmpty()) {
            assertThat(answer)
                .matches("(?s)HTTP/1\\.[01] (4\\d\\d|501|505) .*")
                .doesNotContain("Exception", "org.eclipse", "java.");
          }
        } catch (IOException closed) {
          // The server may close before all was sent.
        }
      }
      assertThat(client.get("/healthz").statusCode()).isEqualTo(200);
    }
  }
}
