package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What operators see of requests: counts and times by route. */
class RequestMetricsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Test
  void requestsAreCountedByRouteAndStatus() throws IOException, InterruptedException {
    try (ViditqServer server = TestClient.server()) {
      TestClient client = new TestClient(server.address());
      client.get("/v1/models");
      client.get("/v1/models/nothing");
      client.get("/v1/models/else");
      client.get("/nowhere/1");
      client.get("/nowhere/2");
      client.post("/v1/images/generations", "{}");
      client.post("/v1/models", "{}");
      assertCounted(server, "GET", "/v1/models", 200, 1);
      assertCounted(server, "GET", "/v1/models/{model}", 404, 2);
      assertCounted(server, "GET", "none", 404, 2);
      assertCounted(server, "POST", "/v1/images/generations", 400, 1);
      assertCounted(server, "POST", "none", 405, 1);
      assertThat(server.metrics())
          .contains("http_server_requests_seconds_bucket{method=\"GET\"", "le=\"300.0\"")
          .doesNotContain("nowhere", "else");
    }
  }

  /** Counts are there once the answer is written, which its reader may notice first. */
  private static void assertCounted(
      ViditqServer server, String method, String route, int status, int count)
      throws InterruptedException {
    String name =
        "http_server_requests_seconds_count{method=\"%s\",status=\"%d\",uri=\"%s\"}"
            .formatted(method, status, route);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (TestClient.metric(server, name) < count && System.nanoTime() - end < 0) {
      Thread.sleep(5);
    }
    assertThat(TestClient.metric(server, name)).as(server.metrics()).isEqualTo(count);
  }
}
