package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import javax.imageio.ImageIO;

/** A client of a server on this machine. */
public final class TestClient {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String address;

  public TestClient(String address) {
    this.address = address;
  }

  /** The words of {@code viditq serve} for the sample model on a free port. */
  static String[] words(String... more) {
    String[] words = {"--model", "../../samples/pixart-mini", "--port", "0", "--quiet"};
    String[] all = Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return all;
  }

  /** A started server. */
  static ViditqServer server(String... more) {
    ViditqServer server = ServeCommand.open(words(more));
    server.start();
    return server;
  }

  public HttpResponse<byte[]> get(String path, String... headers) {
    return send(request(path, headers).GET());
  }

  public HttpResponse<byte[]> delete(String path) {
    return send(request(path).DELETE());
  }

  public HttpResponse<byte[]> post(String path, String body, String... headers) {
    return post(path, body.getBytes(StandardCharsets.UTF_8), headers);
  }

  public HttpResponse<byte[]> post(String path, byte[] body, String... headers) {
    return send(request(path, headers).POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  HttpResponse<byte[]> images(String body) {
    return post("/v1/images/generations", body);
  }

  HttpRequest.Builder request(String path, String... headers) {
    HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create("http://" + address + path));
    return headers.length == 0 ? builder : builder.headers(headers);
  }

  HttpClient http() {
    return http;
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException | InterruptedException failed) {
      throw new AssertionError(failed);
    }
  }

  /** A connection for what no library would send. */
  Socket connect() throws IOException {
    String[] parts = address.split(":");
    Socket socket = new Socket(parts[0], Integer.parseInt(parts[1]));
    socket.setSoTimeout(60_000);
    return socket;
  }

  public static JsonNode json(HttpResponse<byte[]> response) {
    try {
      return JSON.readTree(response.body());
    } catch (IOException malformed) {
      throw new AssertionError(new String(response.body(), StandardCharsets.UTF_8), malformed);
    }
  }

  /** The file of picture {@code index} of an answer that must be one. */
  static byte[] file(HttpResponse<byte[]> response, int index) {
    assertThat(response.statusCode()).as(() -> json(response).toString()).isEqualTo(200);
    return Base64.getDecoder().decode(json(response).at("/data/" + index + "/b64_json").asText());
  }

  /** The pixels of a PNG file, row by row. */
  static int[] pixels(byte[] png) throws IOException {
    var image = ImageIO.read(new ByteArrayInputStream(png));
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  /** The value of a metric, 0 where it is not there. */
  static double metric(ViditqServer server, String name) {
    return server
        .metrics()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(0);
  }
}
