package org.viditq.core.resume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.InvalidModelException;

class FileStampTest {
  private static final FileTime TIME = FileTime.fromMillis(1_700_000_000_000L);

  @TempDir private Path folder;

  private Path file(String name, String content, FileTime time) throws IOException {
    Path file = Files.writeString(folder.resolve(name), content);
    return Files.setLastModifiedTime(file, time);
  }

  @Test
  void aFileThatChangesHasAnotherStamp() throws IOException {
    String before = FileStamp.of(file("a", "weights", TIME));
    assertThat(FileStamp.of(file("a", "weights", TIME))).isEqualTo(before);
    assertThat(FileStamp.of(file("a", "Weights", TIME))).isNotEqualTo(before);
    assertThat(FileStamp.of(file("a", "weights!", TIME))).isNotEqualTo(before);
    assertThat(FileStamp.of(file("a", "weights", FileTime.fromMillis(0)))).isNotEqualTo(before);
  }

  @Test
  void everyFileOfAFolderCounts() throws IOException {
    file("a", "weights", TIME);
    String before = FileStamp.of(folder);
    file("b", "", TIME);
    String both = FileStamp.of(folder);
    assertThat(both).isNotEqualTo(before);
    Files.move(folder.resolve("b"), folder.resolve("c"));
    assertThat(FileStamp.of(folder)).isNotEqualTo(both);
  }

  /** As the hub's cache lays out snapshots. */
  @Test
  void linksAreFollowed() throws IOException {
    Path blob = file("blob", "weights", TIME);
    Path snapshot = Files.createDirectory(folder.resolve("snapshot"));
    Files.createSymbolicLink(snapshot.resolve("model.safetensors"), blob);
    String before = FileStamp.of(snapshot);
    file("blob", "others!", TIME);
    assertThat(FileStamp.of(snapshot)).isNotEqualTo(before);
  }

  @Test
  void whatIsNotThereIsSaid() {
    assertThatThrownBy(() -> FileStamp.of(folder.resolve("missing")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("missing");
  }
}
