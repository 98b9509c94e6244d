package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OperatorLibraryTest {
  @ParameterizedTest
  @EnumSource
  void librariesAreFiles(OperatorLibrary library) {
    assertThat(library.path()).isRegularFile().isAbsolute();
    assertThat(Files.isReadable(library.path())).isTrue();
  }
}
