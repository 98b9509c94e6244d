package org.viditq.cli.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.UsageException;
import org.viditq.media.MediaFormat;

class OutputPlaceTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"x.png, PNG", "a/X.JPG, JPEG", "x.jpeg, JPEG", "v1.2/x.webp, WEBP", "x.y.mp4, MP4"})
  void aKnownEndingIsAFile(String out, MediaFormat format) {
    assertThat(OutputPlace.of(out).format()).contains(format);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "x.jpg/",
        "v1.2",
        "run-2024.05.01",
        ".",
        "..",
        ".hidden",
        "/",
        "a.tiff/b",
        ".png/",
        "a.",
        "a "
      })
  void otherNamesAreFolders(String out) {
    assertThat(OutputPlace.of(out).format()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"x.tiff", "x.bmp", "a/x.avif", "x.mov", "x.h264", "x.7z", "红.tif", "x.JPE"})
  void anEndingThatIsNotWrittenIsRefusedWithTheList(String out) {
    assertThatThrownBy(() -> OutputPlace.of(out))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(out)
        .hasMessageContaining(".png, .jpg, .jpeg, .webp, .gif or .mp4");
  }

  @ParameterizedTest
  @CsvSource({
    ".png, nothing before",
    "a/.JPG, nothing before",
    "x.png., dots or spaces behind",
    "'x.webp ', dots or spaces behind",
    "'a/x.png. . ', dots or spaces behind"
  })
  void slipsOfTheKeyboardAreNoFolders(String out, String message) {
    assertThatThrownBy(() -> OutputPlace.of(out))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'" + out + "'", message);
  }

  @Test
  void aFolderThatExistsIsAFolderWhateverItIsCalled() throws IOException {
    Path odd = Files.createDirectory(folder.resolve("pictures.old"));
    assertThat(OutputPlace.of(odd.toString()).format()).isEmpty();
  }

  @Test
  void whatIsNoPathIsRefused() {
    for (String out : List.of("", "x\0.png")) {
      assertThatThrownBy(() -> OutputPlace.of(out))
          .isInstanceOf(UsageException.class)
          .hasMessageStartingWith("--out ");
    }
  }
}
