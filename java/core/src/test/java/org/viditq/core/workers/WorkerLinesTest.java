package org.viditq.core.workers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.viditq.core.workers.WorkerLines.Kind;
import org.viditq.core.workers.WorkerLines.Line;

class WorkerLinesTest {
  @Test
  void whatIsPrintedIsParsed() {
    for (Kind kind : Kind.values()) {
      String line = WorkerLines.print(kind, 17, "A sentence, with 3 numbers.");
      assertThat(WorkerLines.parse(line))
          .contains(new Line(kind, 17, "A sentence, with 3 numbers."));
    }
    assertThat(WorkerLines.print(Kind.FAILED, 1, "two\nlines")).doesNotContain("\n");
  }

  @Test
  void linesOfOthersAreNone() {
    for (String line :
        List.of(
            "",
            "done 1 x",
            "viditq-worker: done",
            "viditq-worker: done 1",
            "viditq-worker: done -1 x",
            "viditq-worker: done 99999999999 x",
            "viditq-worker: gone 1 x")) {
      assertThat(WorkerLines.parse(line)).as(line).isEmpty();
    }
  }

  @Test
  void noLineMakesItFail() {
    Random random = new Random(5);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder line =
          new StringBuilder("viditq-worker: done 12 a".substring(0, random.nextInt(25)));
      for (int j = random.nextInt(8); j > 0; j--) {
        line.insert(
            random.nextInt(line.length() + 1),
            (char) random.nextInt(random.nextBoolean() ? 128 : 65536));
      }
      WorkerLines.parse(line.toString()).ifPresent(said -> assertThat(said.unit()).isNotNegative());
    }
  }

  @Test
  void aJobSurvivesItsLine() throws Exception {
    ClusterJob job =
        new ClusterJob(
            "spark://host:7077",
            "/a b/.x.partial",
            "abc",
            new WorkerCommand(
                List.of("-Xmx1g"),
                "/a b",
                "a.jar:b.jar",
                List.of("Main", "--prompt", "ein Café\n")));
    assertThat(job.toLine()).doesNotContain("\n");
    assertThat(ClusterJob.ofLine(job.toLine())).isEqualTo(job);
  }
}
