package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.tensor.Tensor;

class HubCacheTest {
  private static final String FIRST = "d5d31b0b";
  private static final String SECOND = "e6e42c1c";

  @TempDir Path folder;
  private Path repository;

  /** As the hub's client lays it out: blobs by their hash, snapshots of links to them. */
  @BeforeEach
  void makeCache() throws IOException {
    repository = folder.resolve("models--org--name");
    Path blob = repository.resolve("blobs/0a1b2c");
    SafetensorsWriter.write(
        blob, List.of(MemoryTensor.of("w", Tensor.of(new float[] {5}, 1))), Map.of());
    Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(FIRST));
    Files.createSymbolicLink(snapshot.resolve("model.safetensors"), Path.of("../../blobs/0a1b2c"));
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), FIRST + "\n");
  }

  private static void assertReads(Path path) {
    try (Checkpoint checkpoint = Checkpoints.open(path)) {
      assertThat(checkpoint.get("w").toTensor().data()).containsExactly(5);
    }
  }

  @Test
  void repositorySnapshotAndLinkAreRead() {
    assertReads(repository);
    assertReads(repository.resolve("snapshots").resolve(FIRST));
    assertReads(repository.resolve("snapshots").resolve(FIRST).resolve("model.safetensors"));
    assertReads(repository.resolve("blobs/0a1b2c"));
  }

  @Test
  void mainChoosesAmongSnapshots() throws IOException {
    Files.createDirectories(repository.resolve("snapshots").resolve(SECOND));
    assertThat(HubCache.resolve(repository)).endsWith(Path.of(FIRST));
    Files.writeString(repository.resolve("refs/main"), SECOND);
    assertThat(HubCache.resolve(repository)).endsWith(Path.of(SECOND));
    Files.delete(repository.resolve("refs/main"));
    assertThatThrownBy(() -> HubCache.resolve(repository))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll("several snapshots", FIRST, SECOND)
        .hasMessageEndingWith(".");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../..", "/etc", "", "gone", "\0", ".."})
  void mainThatLeadsElsewhereIsNotFollowed(String ref) throws IOException {
    Files.writeString(repository.resolve("refs/main"), ref);
    assertThat(HubCache.resolve(repository)).endsWith(Path.of(FIRST));
  }

  @Test
  void emptyAndBrokenCachesAreNamed() throws IOException {
    Files.delete(repository.resolve("blobs/0a1b2c"));
    assertThatThrownBy(() -> Checkpoints.open(repository))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll("link to nothing", "download");
    Files.delete(repository.resolve("snapshots/" + FIRST + "/model.safetensors"));
    Files.delete(repository.resolve("snapshots/" + FIRST));
    assertThatThrownBy(() -> Checkpoints.open(repository))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("no snapshot");
  }

  @Test
  void otherFoldersAreWhatTheyAre() throws IOException {
    Path other = Files.createDirectories(folder.resolve("run/snapshots/1")).getParent().getParent();
    assertThat(HubCache.resolve(other)).isEqualTo(other);
    assertThat(HubCache.resolve(Path.of("."))).isEqualTo(Path.of("."));
    assertThat(HubCache.resolve(Path.of("/"))).isEqualTo(Path.of("/"));
  }

  @Test
  void idsAndAddressesInPlaceOfPathsAreRecognized() {
    assertThatThrownBy(() -> Checkpoints.open(Path.of("PixArt-alpha/PixArt-XL-2-512x512")))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll(
            "There is no checkpoint PixArt-alpha/PixArt-XL-2-512x512",
            "hf download PixArt-alpha/PixArt-XL-2-512x512 --local-dir PixArt-XL-2-512x512")
        .hasMessageEndingWith(".");
    assertThat(HubCache.adviceForMissing(Path.of("https://huggingface.co/org/name")))
        .contains("address");
    for (String path :
        new String[] {"/org/name", "a/b/c", "name", "src/nothing", "../x", "a b/c"}) {
      assertThat(HubCache.adviceForMissing(Path.of(path))).as(path).isEmpty();
    }
  }
}
