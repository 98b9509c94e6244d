package org.viditq.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.cli.Main;

class ServeCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    String[] command =
        Stream.concat(Stream.of("bench", "serve", "--quiet"), Stream.of(args))
            .toArray(String[]::new);
    return Main.run(new PrintWriter(out), new PrintWriter(err), command);
  }

  @Tag("slow")
  @Test
  void everyPictureIsComparedAndEveryRequestAccountedFor() throws IOException {
    Path file = folder.resolve("serve.json");
    int code =
        run(
            "--model",
            "../samples/pixart-mini",
            "--clients",
            "4",
            "--requests",
            "8",
            "--rounds",
            "1",
            "--steps",
            "2",
            "--sizes",
            "64x64,96x64",
            "--leaving",
            "0.25",
            "--out",
            file.toString());
    assertThat(code).as(err.toString()).isZero();
    JsonNode root = new ObjectMapper().readTree(file.toFile());
    assertThat(root.at("/machine").asText()).isNotEmpty();
    assertThat(root.at("/date").asText()).isNotEmpty();
    assertThat(root.at("/throughputRatio").asDouble()).isPositive();
    assertThat(root.at("/memory/before/heapBytes").asLong()).isPositive();
    assertThat(root.at("/memory/peak/nativeBytes").asLong())
        .isGreaterThanOrEqualTo(root.at("/memory/after/nativeBytes").asLong());
    assertThat(root.at("/servers")).hasSize(2);
    for (JsonNode server : root.at("/servers")) {
      assertThat(server.at("/requests").asInt()).isEqualTo(8);
      assertThat(server.at("/pictures").asInt()).isEqualTo(6);
      assertThat(server.at("/clientsThatLeft").asInt()).isEqualTo(2);
      assertThat(server.at("/lost").asInt()).isZero();
      assertThat(server.at("/wrongPictures").asInt()).isZero();
      assertThat(server.at("/errors").isEmpty()).isTrue();
      assertThat(server.at("/p99Seconds").asDouble()).isPositive();
      assertThat(server.at("/meanBatch").asDouble()).isPositive();
      assertThat(server.at("/turns")).hasSize(1);
    }
    assertThat(root.at("/servers/1/meanBatch").asDouble()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "--sizes=huge, which is no size",
    "--sizes=64x0, which is no size",
    "--leaving=1, must lie between",
    "--leaving=NaN, must lie between",
    "--clients=0, must lie between",
    "--batch=1, must lie between"
  })
  void wrongOptionsAreRefusedBeforeAnyWork(String option, String sentence) {
    assertThat(run(option)).isEqualTo(2);
    assertThat(err.toString()).contains(sentence);
  }
}
