package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clips are asked for, watched, fetched and deleted. */
@Tag("slow")
class VideosTest {
  private static final String[] WORDS = {
    "--model",
    "clips=../../samples/stdit-mini",
    "--model",
    "../../samples/pixart-mini",
    "--port",
    "0",
    "--quiet"
  };

  @Test
  void fromTheRequestToTheFile() throws Exception {
    try (ViditqServer server = ServeCommand.open(WORDS)) {
      server.start();
      TestClient client = new TestClient(server.address());
      JsonNode created =
          TestClient.json(
              client.post("/v1/videos", "{\"prompt\":\"a red ball\",\"seed\":1,\"steps\":2}"));
      String path = "/v1/videos/" + created.path("id").asText();
      assertThat(created.path("object").asText()).isEqualTo("video");
      assertThat(created.path("status").asText()).isIn("queued", "in_progress");
      assertThat(client.get(path + "/content").statusCode()).isIn(200, 409);
      JsonNode state = ended(client, path);
      assertThat(state.path("status").asText()).as(state.toString()).isEqualTo("completed");
      assertThat(state.path("progress").asInt()).isEqualTo(100);
      HttpResponse<byte[]> file = client.get(path + "/content");
      assertThat(file.headers().firstValue("Content-Type").orElseThrow())
          .isIn("video/mp4", "image/gif");
      assertThat(file.body()).hasSizeGreaterThan(100);
      assertThat(TestClient.json(client.get("/v1/videos")).at("/data/0/id").asText())
          .isEqualTo(created.path("id").asText());
      assertThat(TestClient.json(client.delete(path)).path("deleted").asBoolean()).isTrue();
      assertThat(client.get(path).statusCode()).isEqualTo(404);
    }
  }

  @Test
  void aClipThatFailsIsCounted() throws Exception {
    String[] words = Arrays.copyOf(WORDS, WORDS.length + 2);
    words[WORDS.length] = "--deadline";
    words[WORDS.length + 1] = "1";
    try (ViditqServer server = ServeCommand.open(words)) {
      server.start();
      TestClient client = new TestClient(server.address());
      JsonNode created =
          TestClient.json(client.post("/v1/videos", "{\"prompt\":\"a\",\"steps\":250}"));
      JsonNode state = ended(client, "/v1/videos/" + created.path("id").asText());
      assertThat(state.at("/error/code").asText()).isEqualTo("deadline_exceeded");
      assertThat(TestClient.metric(server, "viditq_errors_total{kind=\"deadline_exceeded\"}"))
          .isEqualTo(1);
    }
  }

  private static JsonNode ended(TestClient client, String path) throws InterruptedException {
    while (true) {
      JsonNode state = TestClient.json(client.get(path));
      if (!state.path("status").asText().matches("queued|in_progress")) {
        return state;
      }
      Thread.sleep(50);
    }
  }

  @Test
  void formsAreTakenButNoFiles() throws Exception {
    try (ViditqServer server = ServeCommand.open(WORDS)) {
      server.start();
      TestClient client = new TestClient(server.address());
      HttpResponse<byte[]> made = form(client, field("prompt", "a ball") + field("steps", "2"));
      assertThat(made.statusCode()).isEqualTo(200);
      String path = "/v1/videos/" + TestClient.json(made).path("id").asText();
      assertThat(ended(client, path).path("status").asText()).isEqualTo("completed");

      String file =
          "--X\r\nContent-Disposition: form-data; name=\"input_reference\";"
              + " filename=\"../../x.png\"\r\n\r\nabc\r\n";
      refused(form(client, field("prompt", "a") + file), "no file is taken");
      refused(form(client, field("prompt", "a") + field("prompt", "b")), "twice");
      refused(form(client, field("prompt", "a") + field("steps", "two")), "must be a number");
      refused(form(client, field("prompt", "a") + field("seconds", "-1")), "seconds");
      refused(client.post("/v1/videos", "--X", "Content-Type", "multipart/form-data"), "boundary");
      refused(
          client.post("/v1/videos", "--X", "Content-Type", "multipart/form-data; boundary=\"X"),
          "quote");
      refused(
          client.post("/v1/videos", "garbage", "Content-Type", "multipart/form-data; boundary=X"),
          "not the form");
      refused(client.images("{\"prompt\":\"a\",\"model\":\"clips\"}"), "makes clips");
    }
  }

  private static void refused(HttpResponse<byte[]> answer, String words) {
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(TestClient.json(answer).at("/error/message").asText()).contains(words);
  }

  private static String field(String name, String value) {
    return "--X\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  }

  private static HttpResponse<byte[]> form(TestClient client, String fields) {
    return client.post(
        "/v1/videos",
        (fields + "--X--\r\n").getBytes(StandardCharsets.UTF_8),
        "Content-Type",
        "multipart/form-data; boundary=X");
  }

  @Test
  void aDeletedClipIsNotMade() throws Exception {
    try (ViditqServer server = ServeCommand.open(WORDS)) {
      server.start();
      TestClient client = new TestClient(server.address());
      JsonNode created =
          TestClient.json(client.post("/v1/videos", "{\"prompt\":\"a\",\"steps\":200}"));
      client.delete("/v1/videos/" + created.path("id").asText());
      assertThat(server.drain()).isTrue();
      assertThat(TestClient.metric(server, "viditq_pictures_total")).isZero();
      assertThat(client.post("/v1/videos", "{\"prompt\":\"a\"}").statusCode()).isEqualTo(503);
      assertThat(client.get("/readyz").statusCode()).isEqualTo(503);
      assertThat(client.get("/healthz").statusCode()).isEqualTo(200);
    }
  }
}
