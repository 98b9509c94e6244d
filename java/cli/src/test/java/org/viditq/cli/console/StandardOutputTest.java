package org.viditq.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StandardOutputTest {
  /** Takes some bytes and then no more. */
  private static final class Full extends OutputStream {
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final int room;

    Full(int room) {
      this.room = room;
    }

    @Override
    public void write(int value) throws IOException {
      if (taken.size() >= room) {
        throw new IOException("No space left on device");
      }
      taken.write(value);
    }
  }

  @Test
  void whatIsWrittenIsNoFailure() {
    Full stream = new Full(100);
    StandardOutput output = new StandardOutput(stream, false);
    output.writer().println("café");
    assertThat(stream.taken.toString(StandardCharsets.UTF_8))
        .isEqualToNormalizingNewlines("café\n");
    assertThat(output.failure()).isEmpty();
  }

  @Test
  void theFirstFailureIsRemembered() {
    Full stream = new Full(3);
    StandardOutput output = new StandardOutput(stream, false);
    PrintWriter writer = output.writer();
    writer.println("first");
    writer.println("second");
    assertThat(output.failure()).contains("no space left on device");
    assertThat(stream.taken.size()).isEqualTo(3);
  }

  @Test
  void whoeverClosesAPipeWantsNoMore() {
    StandardOutput output = new StandardOutput(new Full(0), true);
    output.writer().println("anything");
    assertThat(output.failure()).isEmpty();
  }
}
