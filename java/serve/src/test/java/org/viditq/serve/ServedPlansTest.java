package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
  void aPlanThatCannotBeReadIsRefused() throws IOException {
    Path plan = Files.writeString(folder.resolve("plan.yaml"), "weight: {bits: many}\n");
    assertThatThrownBy(() -> ServeCommand.open(TestClient.words("--plan", plan.toString())))
        .isInstanceOf(ViditqException.class)
        .hasMessageContaining("bits");
  }
}
