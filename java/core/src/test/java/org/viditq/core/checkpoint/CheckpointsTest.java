package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.tensor.Tensor;

/** Which file of a folder is opened, and checkpoints in several files. */
class CheckpointsTest {
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  @TempDir Path folder;

  private void writeShard(String file, String... tensors) {
    SafetensorsWriter.write(
        folder.resolve(file),
        Arrays.stream(tensors)
            .map(name -> MemoryTensor.of(name, Tensor.of(new float[] {name.length()}, 1)))
            .toList(),
        Map.of("format", "pt", "file", file));
  }

  private Path writeIndex(String name, String weightMap) throws IOException {
    return Files.writeString(
        folder.resolve(name),
        "{\"metadata\": {\"total_size\": 8}, \"weight_map\": " + weightMap + "}");
  }

  private void assertRefused(Path path, String... parts) {
    assertThatThrownBy(() -> Checkpoints.open(path).close())
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll(parts)
        .hasMessageEndingWith(".")
        .hasMessageNotContaining("\n");
  }

  @Test
  void shardsAreSeenAsOne() throws IOException {
    writeShard(FIRST, "a", "bb");
    writeShard(SECOND, "ccc");
    Path index =
        writeIndex(
            "model.safetensors.index.json",
            "{\"ccc\": \"%s\", \"a\": \"%s\", \"bb\": \"%s\"}".formatted(SECOND, FIRST, FIRST));
    for (Path path : List.of(index, folder)) {
      try (Checkpoint checkpoint = Checkpoints.open(path)) {
        assertThat(checkpoint.source()).isEqualTo(index.toString());
        assertThat(checkpoint.names()).containsExactly("a", "bb", "ccc");
        assertThat(checkpoint.get("ccc").toTensor().data()).containsExactly(3);
        assertThat(checkpoint.metadata())
            .containsEntry("format", "pt")
            .containsEntry("file", FIRST);
        assertThatThrownBy(() -> checkpoint.get("d"))
            .isInstanceOf(InvalidCheckpointException.class)
            .hasMessageContainingAll("tensor d", "index.json");
      }
    }
  }

  @Test
  void missingShardIsNamed() throws IOException {
    writeShard(FIRST, "a");
    Path index = writeIndex("i.json", "{\"a\": \"%s\", \"bb\": \"%s\"}".formatted(FIRST, SECOND));
    assertRefused(index, SECOND, "missing", "i.json");
  }

  @Test
  void tensorThatIsNotInItsShardIsNamed() throws IOException {
    writeShard(FIRST, "a");
    writeShard(SECOND, "bb");
    assertRefused(
        writeIndex("i.json", "{\"a\": \"%s\", \"bb\": \"%s\"}".formatted(SECOND, SECOND)),
        "Tensor a",
        SECOND);
    assertRefused(
        writeIndex("j.json", "{\"a\": \"%s\", \"ccc\": \"%s\"}".formatted(FIRST, SECOND)),
        "Tensor ccc",
        SECOND);
  }

  @Test
  void tensorInTwoShardsIsNamed() throws IOException {
    writeShard(FIRST, "a", "bb");
    writeShard(SECOND, "bb");
    assertRefused(
        writeIndex("i.json", "{\"a\": \"%s\", \"bb\": \"%s\"}".formatted(FIRST, SECOND)),
        "Tensor bb",
        "two shards",
        FIRST,
        SECOND);
  }

  @Test
  void damagedShardIsNamed() throws IOException {
    writeShard(FIRST, "a");
    Files.write(folder.resolve(FIRST), new byte[20]);
    assertRefused(writeIndex("i.json", "{\"a\": \"%s\"}".formatted(FIRST)), FIRST);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}                              | no weight_map",
        "[]                              | no weight_map",
        "{\"a\": 3}                      | puts tensor a",
        "{\"a\": null}                   | puts tensor a",
        "{\"a\": \"../x.safetensors\"}   | puts tensor a",
        "{\"a\": \"/etc/x.safetensors\"} | puts tensor a",
        "{\"a\": \"x\\u0000.safetensors\"} | puts tensor a",
        "{\"a\": \"model.exe\"}          | puts tensor a",
        "{\"a\": \"\\ud800.bin\"}        | puts tensor a",
        "{\"a\": \"m-1-of-2.bin\", \"b\": \"m-2-of-3.bin\"} | mixes shards",
        "{\"a\": \"m-1-of-2.bin\", \"b\": \"m-2-of-2.safetensors\"} | mixes shards",
        "{\"a\": \"x.safetensors\", \"a\": \"y.safetensors\"} | not valid JSON",
        "{                               | not valid JSON",
      })
  void malformedIndexIsNamed(String weightMap, String reason) throws IOException {
    assertRefused(writeIndex("i.json", weightMap), "i.json", reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "diffusion_pytorch_model.safetensors",
        "model.safetensors",
        "diffusion_pytorch_model.fp16.safetensors",
        "model.fp16.safetensors",
        "the_only_one.safetensors"
      })
  void findsTheFileOfAFolder(String name) throws IOException {
    writeShard(name, "a");
    Files.writeString(folder.resolve("config.json"), "{}");
    try (Checkpoint checkpoint = Checkpoints.open(folder)) {
      assertThat(checkpoint.source()).endsWith(name);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "diffusion_pytorch_model.safetensors.index.json",
        "model.safetensors.index.json",
        "diffusion_pytorch_model.safetensors.index.fp16.json",
        "model.fp16.safetensors.index.json",
      })
  void findsTheIndexOfAFolder(String name) throws IOException {
    writeShard(FIRST, "a");
    writeShard(SECOND, "bb");
    writeIndex(name, "{\"a\": \"%s\", \"bb\": \"%s\"}".formatted(FIRST, SECOND));
    try (Checkpoint checkpoint = Checkpoints.open(folder)) {
      assertThat(checkpoint.names()).containsExactly("a", "bb");
    }
  }

  @Test
  void fullPrecisionComesBeforeItsVariant() {
    writeShard("model.fp16.safetensors", "half");
    writeShard("model.safetensors", "full");
    try (Checkpoint checkpoint = Checkpoints.open(folder)) {
      assertThat(checkpoint.names()).containsExactly("full");
    }
  }

  @Test
  void foldersWithoutOneChoiceAreRefused() {
    assertRefused(folder, folder.toString(), "holds no safetensors");
    writeShard("x.safetensors", "a");
    writeShard("y.safetensors", "a");
    assertRefused(folder, folder.toString(), "several", "x.safetensors, y.safetensors");
    assertRefused(folder.resolve("absent"), "absent");
  }
}
