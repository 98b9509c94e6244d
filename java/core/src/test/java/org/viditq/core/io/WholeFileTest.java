package org.viditq.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
  @TempDir private Path folder;

  @Test
  void aFileOfAtMostTheLimitIsReadWhole() throws IOException {
    Path file = Files.write(folder.resolve("x"), new byte[] {1, 2, 3});
    assertThat(WholeFile.read(file, 3)).hasValue(new byte[] {1, 2, 3});
    assertThat(WholeFile.read(file, 4)).hasValue(new byte[] {1, 2, 3});
    assertThat(WholeFile.read(file, 2)).isEmpty();
    assertThat(WholeFile.read(Files.createFile(folder.resolve("y")), 0)).hasValue(new byte[0]);
  }

  /** Its size is 0, and it never ends. */
  @Test
  void aDeviceThatNeverEndsIsTooLarge() throws IOException {
    Path zero = Path.of("/dev/zero");
    assumeTrue(Files.exists(zero), "only Linux has it");
    assertThat(WholeFile.read(zero, 1 << 20)).isEmpty();
  }

  @Test
  void whatCannotBeReadIsToldAsTheFileSystemTellsIt() {
    assertThatThrownBy(() -> WholeFile.read(folder, 1)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> WholeFile.read(folder.resolve("none"), 1))
        .isInstanceOf(IOException.class);
  }
}
