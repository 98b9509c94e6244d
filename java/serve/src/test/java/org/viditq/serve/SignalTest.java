package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of a real process under load. */
@Tag("slow")
class SignalTest {
  private static final int REQUESTS = 8;

  @TempDir private Path folder;

  @Test
  void whatWasAcceptedIsDoneAndNothingMoreIsTaken() throws Exception {
    ServerProcess server = ServerProcess.start(folder, "pixart-mini", "--quiet", "--batch", "2");
    try (server) {
      TestClient client = new TestClient(server.address().substring("http://".length()));
      assertThat(client.images("{\"prompt\":\"a\",\"steps\":1}").statusCode()).isEqualTo(200);
      List<CompletableFuture<HttpResponse<byte[]>>> accepted = new ArrayList<>();
      for (int seed = 0; seed < REQUESTS; seed++) {
        String body = "{\"prompt\":\"a\",\"steps\":200,\"seed\":" + seed + "}";
        accepted.add(
            client
                .http()
                .sendAsync(
                    client
                        .request("/v1/images/generations")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                    HttpResponse.BodyHandlers.ofByteArray()));
      }
      while (waiting(client) < REQUESTS - 2) {
        Thread.sleep(10);
      }
      server.terminate();
      while (client.get("/readyz").statusCode() != 503) {
        Thread.sleep(10);
      }
      HttpResponse<byte[]> refused = client.images("{\"prompt\":\"a\",\"steps\":1}");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(TestClient.json(refused).at("/error/code").asText()).isEqualTo("shutting_down");
      for (CompletableFuture<HttpResponse<byte[]>> each : accepted) {
        assertThat(TestClient.file(each.get(), 0)).isNotEmpty();
      }
      server.awaitEnd();
      assertThat(server.said().strip()).isEqualTo("Listening on " + server.address());
    }
  }

  private static int waiting(TestClient client) {
    return new String(client.get("/metrics").body(), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.startsWith("viditq_queue_length "))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.indexOf(' '))))
        .findFirst()
        .orElseThrow();
  }
}
