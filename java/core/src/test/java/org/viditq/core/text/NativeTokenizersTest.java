package org.viditq.core.text;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.InvalidModelException;

class NativeTokenizersTest {
  @TempDir Path folder;

  @Test
  void aLibraryThatDoesNotLoadIsABackendFailure() {
    assertThatThrownBy(
            () ->
                NativeTokenizers.load(
                    "SentencePiece",
                    Path.of("spiece.model"),
                    () -> {
                      throw new UnsatisfiedLinkError("libstdc++.so.6: no such file");
                    }))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("SentencePiece")
        .hasMessageContaining("libstdc++.so.6");
  }

  @Test
  void aFailedStaticInitializerIsOneToo() {
    assertThatThrownBy(
            () ->
                NativeTokenizers.load(
                    "SentencePiece",
                    Path.of("spiece.model"),
                    () -> {
                      throw new ExceptionInInitializerError(
                          new IllegalStateException("cannot copy the library"));
                    }))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("cannot copy the library");
  }

  @Test
  void damagedFilesAreNamed() throws IOException {
    Path model = Files.writeString(folder.resolve("spiece.model"), "not a model");
    assertThatThrownBy(() -> T5Tokenizer.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(model.toString());
    Path json = Files.writeString(folder.resolve("tokenizer.json"), "{}");
    assertThatThrownBy(() -> T5Tokenizer.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(json.toString());
  }

  @Test
  void anEmptyFolderSaysWhatIsMissing() {
    assertThatThrownBy(() -> T5Tokenizer.open(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("neither tokenizer.json nor spiece.model");
  }
}
