package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.UsageException;

/** Who may ask, and from where. */
class ApiKeyTest {
  private static final String KEY = "0123456789abcdef0123";
  private static final String OTHER = "fedcba98765432100123";

  @TempDir private Path folder;

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("keys"), text).toString();
  }

  @Test
  void requestsNeedOneOfTheKeys() throws IOException {
    try (ViditqServer server =
        TestClient.server(
            "--api-key-file", file("\ufeff# comment\r\n" + KEY + "\n\n" + OTHER + "\n"))) {
      TestClient client = new TestClient(server.address());
      assertThat(client.get("/v1/models").statusCode()).isEqualTo(401);
      assertThat(client.get("/metrics").statusCode()).isEqualTo(401);
      assertThat(client.get("/v1/nothing").statusCode()).isEqualTo(401);
      // Routes are found with a slash at their end too.
      for (String path :
          new String[] {"/metrics/", "/v1/models/", "/v1", "/metrics;x", "/%76%31/models"}) {
        assertThat(client.get(path).statusCode()).as(path).isEqualTo(401);
      }
      assertThat(client.get("/results/unknown").statusCode()).isEqualTo(404);
      for (String wrong :
          new String[] {
            "Bearer " + KEY + "x", "Bearer", "Bearer ", "Basic " + KEY, KEY, "Bearer # comment"
          }) {
        var refused = client.get("/v1/models", "Authorization", wrong);
        assertThat(refused.statusCode()).as(wrong).isEqualTo(401);
        assertThat(refused.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        assertThat(TestClient.json(refused).at("/error/code").asText())
            .isEqualTo("invalid_api_key");
      }
      assertThat(client.get("/v1/models", "Authorization", "Bearer " + KEY).statusCode())
          .isEqualTo(200);
      assertThat(client.get("/v1/models", "Authorization", "bearer " + OTHER).statusCode())
          .isEqualTo(200);
      assertThat(client.get("/healthz").statusCode()).isEqualTo(200);
      assertThat(client.get("/readyz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void othersAreOnlyLetInWithAKey() throws IOException {
    for (String host : new String[] {"0.0.0.0", "::", "192.0.2.1"}) {
      assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--host", host)))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--api-key-file");
    }
    ServeCommand.open(TestClient.words("--host", "0.0.0.0", "--api-key-file", file(KEY))).close();
    ServeCommand.open(TestClient.words("--host", "localhost")).close();
  }

  @Test
  void addressesThatAreNoneAreToldAsSuch() {
    for (String url :
        new String[] {
          "pictures.example", "http://x/{a}", "http://x/%zz", "http://[::", "http://"
        }) {
      assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--public-url", url)))
          .as(url)
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--public-url is no address");
    }
  }

  @Test
  void keysMustBeThereAndLong() throws IOException {
    assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--api-key-file", file("#\n"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds no key");
    assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--api-key-file", file("short"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("16 characters");
    for (String key : new String[] {"0123456789 0123456789", "schl\u00fcssel0123456789"}) {
      assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--api-key-file", file(key))))
          .as(key)
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("beyond ASCII");
    }
    assertThatThrownBy(
            () ->
                ServeCommand.open(
                    TestClient.words("--api-key-file", folder.resolve("none").toString())))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("cannot be read");
  }
}
