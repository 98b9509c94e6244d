package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.cli.Main;

/** The end of a real process under load. */
@Tag("slow")
class SignalTest {
  private static final Pattern ADDRESS = Pattern.compile("Listening on http://(\\S+)");
  private static final int REQUESTS = 8;

  @TempDir private Path folder;

  private Process start() throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                // What runs the tests in the background may have them ignore signals.
                "env",
                "--default-signal=INT,TERM",
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve"));
    command.addAll(List.of(TestClient.words("--batch", "2")));
    return new ProcessBuilder(command)
        .redirectOutput(folder.resolve("out").toFile())
        .redirectError(folder.resolve("err").toFile())
        .start();
  }

  private String address(Process process) throws Exception {
    while (true) {
      assertThat(process.isAlive()).as(Files.readString(folder.resolve("err"))).isTrue();
      Matcher matcher = ADDRESS.matcher(Files.readString(folder.resolve("out")));
      if (matcher.find()) {
        return matcher.group(1);
      }
      Thread.sleep(50);
    }
  }

  @Test
  void whatWasAcceptedIsDoneAndNothingMoreIsTaken() throws Exception {
    Process process = start();
    try {
      TestClient client = new TestClient(address(process));
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
      process.destroy(); // SIGTERM
      while (client.get("/readyz").statusCode() != 503) {
        Thread.sleep(10);
      }
      HttpResponse<byte[]> refused = client.images("{\"prompt\":\"a\",\"steps\":1}");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(TestClient.json(refused).at("/error/code").asText()).isEqualTo("shutting_down");
      for (CompletableFuture<HttpResponse<byte[]>> each : accepted) {
        assertThat(TestClient.file(each.get(), 0)).isNotEmpty();
      }
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(folder.resolve("err"))).isZero();
      assertThat(Files.readString(folder.resolve("err"))).isEmpty();
    } finally {
      process.destroyForcibly();
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
