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
        TestClient.server("--api-key-file", file("# comment\n" + KEY + "\n\n" + OTHER + "\n"))) {
      TestClient client = new TestClient(server.address());
      assertThat(client.get("/v1/models").statusCode()).isEqualTo(401);
      assertThat(client.get("/metrics").statusCode()).isEqualTo(401);
      assertThat(client.get("/v1/nothing").statusCode()).isEqualTo(401);
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
  void keysMustBeThereAndLong() throws IOException {
    assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--api-key-file", file("#\n"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds no key");
    assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--api-key-file", file("short"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("16 characters");
    assertThatThrownBy(
            () ->
                ServeCommand.open(
                    TestClient.words("--api-key-file", folder.resolve("none").toString())))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("cannot be read");
  }
}
