package org.viditq.cli.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.ViditqException;
import org.viditq.core.workers.WorkerCommand;

/** Real processes that compute nothing. */
@Tag("slow")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LocalWorkersTest {
  private static final List<Integer> UNITS = IntStream.range(0, 12).boxed().toList();
  private static final int NONE = -1;

  @TempDir private Path folder;
  private final AtomicInteger done = new AtomicInteger();

  private LocalWorkers workers(String fingerprint, int deadly, int deaths, int refused) {
    WorkerCommand command =
        new WorkerCommand(
            List.of("-Xmx64m", "-XX:+UseSerialGC"),
            System.getProperty("user.dir"),
            System.getProperty("java.class.path"),
            List.of(
                FakeWorker.class.getName(),
                "these",
                Integer.toString(deadly),
                Integer.toString(deaths),
                Integer.toString(refused)));
    return new LocalWorkers(command, folder, 3, 1, fingerprint, done::incrementAndGet);
  }

  private List<String> files(String start) throws Exception {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith(start))
          .toList();
    }
  }

  @Test
  void eachUnitIsComputedOnceAndTheProcessesEnd() throws Exception {
    workers("these", NONE, 0, NONE).compute(UNITS);
    assertThat(files("unit-")).hasSize(UNITS.size());
    assertThat(done).hasValue(UNITS.size());
    assertThat(files("ended-")).isNotEmpty().hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void aUnitWhoseWorkerDiesIsTriedOnceMore() throws Exception {
    workers("these", 4, 1, NONE).compute(UNITS);
    assertThat(files("unit-")).hasSize(UNITS.size());
    assertThat(files("death-")).hasSize(1);
  }

  @Test
  void aUnitWhoseWorkersDieTwiceIsRefused() throws Exception {
    assertThatThrownBy(() -> workers("these", 4, 2, NONE).compute(UNITS))
        .isInstanceOf(ViditqException.class)
        .hasMessageContaining("ended twice while it computed unit 4")
        .hasMessageContaining("exit code 9")
        .hasMessageContaining("Out of memory, perhaps.");
    assertThat(files("death-")).hasSize(2);
  }

  @Test
  void whatAWorkerRefusesEndsTheWorkWithItsSentence() {
    assertThatThrownBy(() -> workers("these", NONE, 0, 2).compute(UNITS))
        .isInstanceOf(ViditqException.class)
        .hasMessage("The metric is no number.");
  }

  @Test
  void workersWithOtherUnitsAreNotUsed() throws Exception {
    assertThatThrownBy(() -> workers("others", NONE, 0, NONE).compute(UNITS))
        .isInstanceOf(ViditqException.class)
        .hasMessageContaining("other units of work");
    assertThat(files("unit-")).isEmpty();
  }
}
