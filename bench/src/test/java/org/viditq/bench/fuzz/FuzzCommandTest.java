package org.viditq.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.cli.Main;

/** The command around a stand-in for Jazzer, which is on the class path of the tests. */
class FuzzCommandTest {
  private static final String CHECKOUT = System.getProperty("viditq.home", "..");

  @TempDir private Path folder;
  private StringWriter out;
  private StringWriter err;

  private int run(String... more) {
    out = new StringWriter();
    err = new StringWriter();
    String before = System.getProperty("viditq.home");
    System.setProperty("viditq.home", CHECKOUT);
    try {
      return Main.run(
          new PrintWriter(out),
          new PrintWriter(err),
          Stream.concat(
                  Stream.of(
                      "bench",
                      "fuzz",
                      "--jazzer",
                      "none",
                      "--work",
                      folder.resolve("w").toString()),
                  Stream.of(more))
              .toArray(String[]::new));
    } finally {
      if (before == null) {
        System.clearProperty("viditq.home");
      } else {
        System.setProperty("viditq.home", before);
      }
    }
  }

  private List<JsonNode> readers(String file) throws IOException {
    JsonNode root = new ObjectMapper().readTree(folder.resolve(file).toFile());
    return List.of(root.get("readers").get(0), root.get("readers").get(1));
  }

  @Test
  void readersAreFedSideBySideAndReportedInOrder() throws IOException {
    assertThat(
            run(
                "--readers=plan,bit-map",
                "--inputs=1000",
                "--jobs=2",
                "--out",
                folder.resolve("a.json").toString()))
        .as(err.toString())
        .isZero();
    assertThat(readers("a.json"))
        .extracting(reader -> reader.get("reader").asText())
        .containsExactly("plan", "bit-map");
    JsonNode plan = readers("a.json").get(0);
    assertThat(plan.get("inputs").asLong()).isEqualTo(1000);
    assertThat(plan.get("coverageEdges").asLong()).isEqualTo(30);
    assertThat(plan.get("corpus").asLong()).isEqualTo(12);
    assertThat(plan.get("peakResidentMebibytes").asLong()).isEqualTo(120);
    assertThat(plan.get("findings").asInt()).isZero();
    assertThat(out.toString()).contains("plan", "bit-map", "none");
    assertThat(err.toString()).doesNotContain("goes on");
  }

  @Test
  void whatEndedEarlyIsGoneOnFromWithOtherChanges() throws IOException {
    String[] bounded = {"--readers=plan", "--inputs=1000", "--minutes=5"};
    assertThat(run(bounded)).as(err.toString()).isZero();
    assertThat(out.toString()).contains(" 250 ");
    assertThat(err.toString()).contains("the same command goes on");
    assertThat(run(bounded)).isZero();
    assertThat(out.toString()).contains(" 437 "); // and a quarter of the other 750
    assertThat(run("--readers=plan", "--inputs=1000")).isZero();
    assertThat(out.toString()).contains(" 1000 ");
    assertThat(Files.readString(folder.resolve("w/plan/log")))
        .contains("Seed: 1\n", "Seed: 251\n", "Seed: 438\n");
    // There is nothing left to do.
    assertThat(run("--readers=plan", "--inputs=1000")).isZero();
    assertThat(Files.readString(folder.resolve("w/plan/log"))).doesNotContain("Seed: 1001\n");
  }

  /** Inputs that an unmended reader has read say nothing of the mended one. */
  @Test
  void aFindingFailsAndTheReaderIsBegunAnew() throws IOException {
    assertThat(run("--readers=plan", "--inputs=100")).isZero();
    Path trap = Files.createFile(folder.resolve("w/plan/corpus/finding"));
    assertThat(run("--readers=plan", "--inputs=200")).isEqualTo(1);
    assertThat(out.toString()).contains("IllegalStateException: raw", "/tmp/crash-1");
    Files.delete(trap);
    assertThat(run("--readers=plan", "--inputs=200")).isZero();
    assertThat(out.toString()).contains(" 200 ", "none");
    assertThat(Files.readString(folder.resolve("w/plan/log")))
        .containsSubsequence("Seed: 1\n", "Seed: 101\n", "Seed: 1\n");
  }

  @Test
  void whatWasMeasuredEarlierIsNotReplaced() throws IOException {
    Path earlier = Files.writeString(folder.resolve("a.json"), "mine");
    String[] again = {"--readers=plan", "--inputs=10", "--out", earlier.toString()};
    assertThat(run(again)).isEqualTo(2);
    assertThat(err.toString()).contains("already", "--force");
    assertThat(earlier).hasContent("mine");
    assertThat(run(Stream.concat(Stream.of(again), Stream.of("--force")).toArray(String[]::new)))
        .isZero();
    assertThat(Files.readString(earlier)).contains("\"readers\"");
  }

  @Test
  void wrongRequestsAreRefused() {
    for (String option : List.of("--inputs=0", "--jobs=0", "--minutes=0", "--readers=shard")) {
      assertThat(run(option)).isEqualTo(2);
    }
  }
}
