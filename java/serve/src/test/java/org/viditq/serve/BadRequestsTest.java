package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is wrong with a request is told in one sentence, with the right status; none gets to work.
 */
class BadRequestsTest {
  private static ViditqServer server;
  private static TestClient client;

  @BeforeAll
  static void start() {
    server =
        TestClient.server("--max-body", "20000", "--receive-timeout", "1", "--max-pixels", "65536");
    client = new TestClient(server.address());
  }

  @AfterAll
  static void nothingWasComputed() {
    assertThat(TestClient.metric(server, "viditq_pictures_total")).isZero();
    server.close();
  }

  static Stream<Arguments> bodies() {
    return Stream.of(
        arguments("", 400, null, "JSON object"),
        arguments("null", 400, null, "JSON object"),
        arguments("[]", 400, null, "JSON object"),
        arguments("\"text\"", 400, null, "JSON object"),
        arguments("{", 400, null, "not the JSON"),
        arguments("{\"prompt\":\"a\"", 400, null, "not the JSON"),
        arguments("{\"prompt\":\"a\"}}", 400, null, "not the JSON"),
        arguments("{\"prompt\":\"a\"} {}", 400, null, "not the JSON"),
        arguments("{'prompt':'a'}", 400, null, "not the JSON"),
        arguments("{\"prompt\":\"a\",\"prompt\":\"b\"}", 400, null, "Duplicate"),
        arguments("{\"prompt\":\"a\",\"x\":" + "[".repeat(5000), 400, null, "nesting"),
        arguments("{\"prompt\":\"a\",\"guidance\":NaN}", 400, null, "NaN"),
        arguments("{\"prompt\":\"a\",\"guidance\":Infinity}", 400, null, "not the JSON"),
        arguments("{\"prompt\":\"a\",\"guidance\":1e999}", 400, "guidance", "between"),
        arguments("{\"prompt\":\"a\",\"guidance\":1e99999999999}", 400, null, "number"),
        arguments("{\"prompt\":\"a\",\"guidance\":\"4.5\"}", 400, "guidance", "a number"),
        arguments("{\"prompt\":\"a\",\"cache\":\"sometimes\"}", 400, "cache", "no kind"),
        arguments("{\"prompt\":\"a\",\"cache\":\"interval:0\"}", 400, "cache", "at least 1"),
        arguments("{\"prompt\":\"a\",\"cache\":\"threshold:NaN\"}", 400, "cache", "0 or more"),
        arguments("{\"prompt\":\"a\",\"cache\":2}", 400, "cache", "a string"),
        arguments("{}", 400, "prompt", "no prompt"),
        arguments("{\"prompt\":null}", 400, "prompt", "no prompt"),
        arguments("{\"prompt\":7}", 400, "prompt", "a string"),
        arguments("{\"prompt\":[\"a\"]}", 400, "prompt", "an array"),
        arguments("{\"prompt\":\"" + "a".repeat(4001) + "\"}", 400, "prompt", "4000"),
        arguments("{\"prompt\":\"\\ud800\"}", 400, "prompt", "surrogate"),
        arguments("{\"prompt\":\"a\",\"n\":0}", 400, "n", "from 1 to 10"),
        arguments("{\"prompt\":\"a\",\"n\":1000000000}", 400, "n", "from 1 to 10"),
        arguments("{\"prompt\":\"a\",\"n\":1e400}", 400, "n", "from 1 to 10"),
        arguments("{\"prompt\":\"a\",\"n\":1.5}", 400, "n", "whole number"),
        arguments("{\"prompt\":\"a\",\"n\":true}", 400, "n", "a number"),
        arguments("{\"prompt\":\"a\",\"n\":2,\"stream\":true}", 400, "n", "one picture"),
        arguments("{\"prompt\":\"a\",\"steps\":0}", 400, "steps", "from 1 to 250"),
        arguments("{\"prompt\":\"a\",\"steps\":100000}", 400, "steps", "from 1 to 250"),
        arguments("{\"prompt\":\"a\",\"size\":\"big\"}", 400, "size", "WIDTHxHEIGHT"),
        arguments("{\"prompt\":\"a\",\"size\":\"0x0\"}", 400, null, "pixels"),
        arguments("{\"prompt\":\"a\",\"size\":\"65x64\"}", 400, null, "multiple of 8"),
        arguments("{\"prompt\":\"a\",\"size\":\"512x512\"}", 400, "size", "65536"),
        arguments("{\"prompt\":\"a\",\"size\":\"99999x99999\"}", 400, null, "pixels"),
        arguments("{\"prompt\":\"a\",\"size\":\"999999x8\"}", 400, "size", "WIDTHxHEIGHT"),
        arguments("{\"prompt\":\"a\",\"seed\":1.5}", 400, "seed", "whole number"),
        arguments("{\"prompt\":\"a\",\"seed\":1e60}", 400, null, "range"),
        arguments("{\"prompt\":\"a\",\"seed\":\"../..\"}", 400, null, "whole number"),
        arguments("{\"prompt\":\"a\",\"seed\":18446744073709551615,\"n\":2}", 400, null, "range"),
        arguments("{\"prompt\":\"a\",\"model\":\"gpt-image-1\"}", 404, "model", "gpt-image-1"),
        arguments("{\"prompt\":\"a\",\"model\":\"../../etc/passwd\"}", 404, "model", "no model"),
        arguments("{\"prompt\":\"a\",\"model\":\"/etc\"}", 404, "model", "no model"),
        arguments("{\"prompt\":\"a\",\"plan\":\"/etc/passwd\"}", 400, "plan", "not served"),
        arguments("{\"prompt\":\"a\",\"plan\":\"w4a8\"}", 400, "plan", "full-precision"),
        arguments("{\"prompt\":\"a\",\"scheduler\":\"x\"}", 400, "scheduler", "no scheduler"),
        arguments(
            "{\"prompt\":\"a\",\"scheduler\":\"DDIMScheduler\"}", 400, "scheduler", "choose one"),
        arguments("{\"prompt\":\"a\",\"scheduler\":\"iddpm\",\"steps\":251}", 400, "steps", "250"),
        arguments("{\"prompt\":\"a\",\"output_format\":\"exe\"}", 400, "output_format", "png"),
        arguments("{\"prompt\":\"a\",\"response_format\":\"x\"}", 400, "response_format", "url"),
        arguments(
            "{\"prompt\":\"a\",\"output_compression\":101}", 400, "output_compression", "100"),
        arguments("{\"prompt\":\"a\",\"stream\":\"yes\"}", 400, "stream", "true or false"),
        arguments("{\"prompt\":\"a\",\"partial_images\":2}", 400, "partial_images", "stream"),
        arguments(
            "{\"prompt\":\"a\",\"partial_images\":4,\"stream\":true}",
            400,
            "partial_images",
            "from 0 to 3"),
        arguments(
            "{\"prompt\":\"a\",\"stream\":true,\"response_format\":\"url\"}",
            400,
            "response_format",
            "b64_json"),
        arguments("{\"prompt\":\"a\",\"background\":\"transparent\"}", 400, "background", "opaque"),
        arguments("{\"prompt\":\"a\",\"file\":\"/etc/passwd\"}", 400, "file", "no parameter"),
        arguments("{\"prompt\":\"" + "a".repeat(20001) + "\"}", 413, null, "20000 bytes"));
  }

  @ParameterizedTest(name = "{index} {3}")
  @MethodSource("bodies")
  void isRefused(String body, int status, String param, String words) {
    refused(client.images(body), status, param, words);
  }

  private static void refused(
      HttpResponse<byte[]> response, int status, String param, String words) {
    JsonNode error = TestClient.json(response).path("error");
    assertThat(response.statusCode()).as(error.toString()).isEqualTo(status);
    assertThat(error.path("param").textValue()).as(error.toString()).isEqualTo(param);
    assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.path("code").asText()).isNotEmpty();
    assertThat(error.path("message").asText())
        .containsIgnoringCase(words)
        .endsWith(".")
        .doesNotContain("Exception", "\n", "org.viditq", "org.eclipse");
  }

  @Test
  void bytesThatAreNoUtf8() {
    byte[] body = "{\"prompt\":\"caf\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
    refused(client.post("/v1/images/generations", body), 400, null, "UTF-8");
    refused(
        client.post(
            "/v1/images/generations", "{\"prompt\":\"a\"}".getBytes(StandardCharsets.UTF_16)),
        400,
        null,
        "UTF-8");
  }

  @Test
  void anotherTypeThanJson() {
    refused(
        client.post("/v1/images/generations", "{\"prompt\":\"a\"}", "Content-Type", "text/plain"),
        415,
        null,
        "application/json");
  }

  @Test
  void whatIsNotThere() {
    refused(client.get("/v1/nothing"), 404, null, "nothing at this path");
    refused(client.get("/etc/passwd"), 404, null, "nothing at this path");
    refused(client.get("/results/..%2F..%2Fetc%2Fpasswd"), 404, null, "no such result");
    refused(client.get("/results/%2e%2e/passwd"), 404, null, "nothing at this path");
    refused(client.get("/results/unknown"), 404, null, "no such result");
    refused(client.get("/v1/models/unknown"), 404, "model", "no model");
    refused(client.get("/v1/videos/unknown"), 404, null, "no such video");
    refused(client.get("/v1/images/generations"), 405, null, "GET");
    refused(client.post("/v1/videos", "{\"prompt\":\"a\"}"), 400, "model", "makes pictures");
  }

  @Test
  void pagesOfOthersAreNotServed() throws IOException {
    for (String headers :
        new String[] {
          "Host: localhost\r\nOrigin: http://evil.example",
          "Host: localhost\r\nOrigin: null",
          "Host: evil.example\r\nOrigin: http://evil.example",
          "Host: evil.example:8080",
          "Host: localhost.evil.example",
          "Host: 127.0.0.1.evil.example"
        }) {
      assertThat(
              converse("GET /v1/models HTTP/1.1\r\n" + headers + "\r\nConnection: close\r\n\r\n"))
          .as(headers)
          .startsWith("HTTP/1.1 403 ")
          .contains("forbidden_origin");
    }
    for (String headers :
        new String[] {
          "Host: localhost:1\r\nOrigin: http://localhost:1", "Host: [::1]:80", "Host: 127.0.0.1"
        }) {
      assertThat(
              converse("GET /v1/models HTTP/1.1\r\n" + headers + "\r\nConnection: close\r\n\r\n"))
          .as(headers)
          .startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void headersThatAreTooLarge() {
    refused(client.get("/healthz", "X-Large", "x".repeat(20_000)), 431, null, "headers");
    refused(client.get("/" + "x".repeat(20_000)), 414, null, "address");
  }

  static Stream<String> noHttp() {
    return Stream.of(
        "GARBAGE\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        "POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/images/generations HTTP/1.1\r\n"
            + "Host: localhost\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "zz\r\n",
        "\u0000\u0001\u0002\r\n\r\n");
  }

  @ParameterizedTest
  @MethodSource("noHttp")
  void whatIsNoHttpIsAnsweredAndClosed(String text) throws IOException {
    String answer = converse(text);
    assertThat(answer).matches("(?s)HTTP/1\\.1 [45]\\d\\d .*");
    assertThat(answer).doesNotContain("Exception", "Jetty", "org.eclipse");
  }

  /** Sends it, and reads until the server closes. */
  private static String converse(String text) throws IOException {
    try (Socket socket = client.connect()) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  void whoSendsAByteInAWhileIsCutOff() throws Exception {
    for (String begin :
        new String[] {
          "GET /healthz HTT",
          "POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
        }) {
      try (Socket socket = client.connect()) {
        long start = System.nanoTime();
        socket.getOutputStream().write(begin.getBytes(StandardCharsets.US_ASCII));
        boolean open = true;
        while (open && System.nanoTime() - start < 20_000_000_000L) {
          Thread.sleep(100);
          try {
            socket.getOutputStream().write('x');
            open = socket.getInputStream().available() == 0;
          } catch (IOException closed) {
            open = false;
          }
        }
        assertThat(open).as(begin).isFalse();
      }
    }
    assertThat(client.get("/healthz").statusCode()).isEqualTo(200);
  }
}
