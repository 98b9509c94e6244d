package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.UsageException;
import org.viditq.core.error.ViditqException;

/** Plans are read before the server listens, not with the first request. */
class ServedPlansTest {
  @TempDir private Path folder;

  @Test
  void aPlanThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--plan", "w8a8,w9a9")))
        .isInstanceOf(ViditqException.class)
        .hasMessageContaining("w9a9");
  }

  @Test
  void plansOfOneNameAreRefused() throws IOException {
    Path plan = folder.resolve("w8a8.yaml");
    Files.writeString(plan, "weight: {n_bits: 8}\n");
    assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--plan", "w8a8," + plan)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("would be called w8a8");
    Path none = folder.resolve("full-precision.yml");
    Files.copy(plan, none);
    assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--plan", none.toString())))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("would be called full-precision");
    ServeCommand.open(TestClient.words("--plan", "full-precision,w8a8")).close();
  }

  @Test
  void statisticsGoWithAPlan() {
    assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--stats", "x.safetensors")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--stats goes with --plan");
  }

  /** What the first request would fail by is told before anybody can ask. */
  @Test
  void preloadingTellsWhatCannotBeLoaded() {
    try (ViditqServer server =
        ServeCommand.open(TestClient.words("--preload", "--plan", "w8a8-balanced"))) {
      assertThatThrownBy(server::start)
          .isInstanceOf(ViditqException.class)
          .hasMessageContaining("--stats");
      assertThat(TestClient.metric(server, "viditq_native_memory_bytes")).isZero();
    }
  }

  @Test
  void whatIsPreloadedIsThereBeforeTheFirstRequest() {
    try (ViditqServer server = TestClient.server("--preload")) {
      assertThat(TestClient.metric(server, "viditq_resident_models")).isEqualTo(1);
    }
  }

  @Test
  void aPlanThatCannotBeReadIsRefused() throws IOException {
    Path plan = Files.writeString(folder.resolve("plan.yaml"), "weight: {bits: many}\n");
    assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--plan", plan.toString())))
        .isInstanceOf(ViditqException.class)
        .hasMessageContaining("bits");
  }
}
