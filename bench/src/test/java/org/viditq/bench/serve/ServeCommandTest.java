package org.viditq.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.bench.CommandLine;

class ServeCommandTest {
  @TempDir private Path folder;
  private final CommandLine bench = new CommandLine("bench", "serve", "--quiet");

  @Tag("slow")
  @Test
  void everyPictureIsComparedAndEveryRequestAccountedFor() throws IOException {
    Path file = folder.resolve("serve.json");
    int code =
        bench.run(
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
    assertThat(code).as(bench.err()).isZero();
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
    assertThat(bench.run(option)).isEqualTo(2);
    assertThat(bench.err()).contains(sentence);
  }
}
