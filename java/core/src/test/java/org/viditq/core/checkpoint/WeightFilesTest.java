package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.tensor.Tensor;

/** Which weights of a folder are taken: names as diffusers and transformers write them. */
class WeightFilesTest {
  private static final Path GOLDEN = Path.of("src/test/resources/checkpoints");

  @TempDir Path folder;

  private void safetensors(String... names) {
    for (String name : names) {
      SafetensorsWriter.write(
          folder.resolve(name),
          List.of(MemoryTensor.of("in " + name, Tensor.of(new float[] {1}, 1))),
          Map.of("format", "pt"));
    }
  }

  private void pickle(String name) throws IOException {
    Files.copy(GOLDEN.resolve("module-metadata.pth"), folder.resolve(name));
  }

  private void index(String name, String... shards) throws IOException {
    StringBuilder map = new StringBuilder();
    for (String shard : shards) {
      safetensors(shard);
      map.append(map.length() == 0 ? "" : ", ").append("\"in %s\": \"%s\"".formatted(shard, shard));
    }
    Files.writeString(folder.resolve(name), "{\"metadata\": {}, \"weight_map\": {" + map + "}}");
  }

  private String chosen(String variant) {
    try (Checkpoint checkpoint = Checkpoints.open(folder, Optional.ofNullable(variant))) {
      return folder.relativize(Path.of(checkpoint.source())).toString();
    }
  }

  private void assertRefused(String variant, String... parts) {
    assertThatThrownBy(() -> chosen(variant))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll(parts)
        .hasMessageEndingWith(".")
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp16", "bf16", "ema", "non_ema", "fp8-e4m3", "my.own", "重み"})
  void anyWordIsAVariant(String word) throws IOException {
    safetensors("diffusion_pytorch_model." + word + ".safetensors");
    assertThat(Checkpoints.variants(folder)).containsExactly(word);
    assertThat(chosen(null)).isEqualTo("diffusion_pytorch_model." + word + ".safetensors");
    assertThat(chosen(word)).isEqualTo("diffusion_pytorch_model." + word + ".safetensors");
  }

  @ParameterizedTest
  @CsvSource({
    "diffusion_pytorch_model.safetensors.index.bf16.json, diffusion_pytorch_model-0000%d-of-00002.bf16.safetensors",
    "diffusion_pytorch_model.safetensors.bf16.index.json, diffusion_pytorch_model.bf16-0000%d-of-00002.safetensors",
    "diffusion_pytorch_model.bf16.safetensors.index.json, diffusion_pytorch_model.bf16-0000%d-of-00002.safetensors",
    "model.safetensors.index.bf16.json, model.bf16-0000%d-of-00002.safetensors",
    "diffusion_pytorch_model.safetensors.index.json, diffusion_pytorch_model-0000%d-of-00002.safetensors",
    "model.safetensors.index.json, model-0000%d-of-00002.safetensors"
  })
  void shardsOfEveryReleaseAreFound(String index, String shards) throws IOException {
    index(index, shards.formatted(1), shards.formatted(2));
    assertThat(chosen(null)).isEqualTo(index);
    if (index.contains("bf16")) {
      assertThat(Checkpoints.variants(folder)).containsExactly("bf16");
      assertThat(chosen("bf16")).isEqualTo(index);
      assertRefused("fp16", "no variant fp16", "--variant", "bf16");
    } else {
      assertThat(Checkpoints.variants(folder)).isEmpty();
      assertThat(chosen("fp16")).isEqualTo(index);
    }
  }

  @Test
  void variantIsChosenByItsWord() {
    safetensors(
        "diffusion_pytorch_model.safetensors",
        "diffusion_pytorch_model.fp16.safetensors",
        "diffusion_pytorch_model.ema.safetensors");
    assertThat(chosen(null)).isEqualTo("diffusion_pytorch_model.safetensors");
    assertThat(chosen("")).isEqualTo("diffusion_pytorch_model.safetensors");
    assertThat(chosen("fp16")).isEqualTo("diffusion_pytorch_model.fp16.safetensors");
    assertThat(chosen("ema")).isEqualTo("diffusion_pytorch_model.ema.safetensors");
    assertRefused("bf16", "no variant bf16", "--variant can be ema, fp16", "left out");
    assertRefused("\u001b[2J", "\\u001b[2J");
  }

  @Test
  void amongPrecisionsTheHighestIsTaken() {
    safetensors("model.fp16.safetensors");
    assertThat(chosen(null)).isEqualTo("model.fp16.safetensors");
    safetensors("model.bf16.safetensors");
    assertThat(chosen(null)).isEqualTo("model.bf16.safetensors");
    safetensors("model.fp32.safetensors");
    assertThat(chosen(null)).isEqualTo("model.fp32.safetensors");
  }

  @Test
  void amongOtherVariantsTheUserChooses() {
    safetensors("model.fp16.safetensors", "model.ema.safetensors");
    assertRefused(null, "variants ema, fp16", "--variant");
    assertThat(chosen("ema")).isEqualTo("model.ema.safetensors");
  }

  @Test
  void safetensorsComeBeforePickles() throws IOException {
    pickle("diffusion_pytorch_model.bin");
    assertThat(chosen(null)).isEqualTo("diffusion_pytorch_model.bin");
    pickle("diffusion_pytorch_model.fp16.bin");
    assertThat(chosen("fp16")).isEqualTo("diffusion_pytorch_model.fp16.bin");
    safetensors("diffusion_pytorch_model.safetensors");
    assertThat(chosen(null)).isEqualTo("diffusion_pytorch_model.safetensors");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pytorch_model.bin", "diffusion_pytorch_model.bin"})
  void shardedPicklesAreRead(String stem) throws IOException {
    pickle("pytorch_model-00001-of-00001.bin");
    Files.writeString(
        folder.resolve(stem + ".index.json"),
        "{\"weight_map\": {\"weight\": \"pytorch_model-00001-of-00001.bin\"}}");
    try (Checkpoint checkpoint = Checkpoints.open(folder)) {
      assertThat(checkpoint.names()).containsExactly("weight", "bias");
      assertThat(checkpoint.get("weight").toTensor().size()).isEqualTo(4);
    }
  }

  /** Of two that a loader would take, the one that it looks for first. */
  @Test
  void eachLoaderHasItsOrder() throws IOException {
    safetensors("model.safetensors");
    index("model.safetensors.index.json", "model-00001-of-00001.safetensors");
    assertThat(chosen(null)).isEqualTo("model.safetensors");
    index(
        "diffusion_pytorch_model.safetensors.index.json",
        "diffusion_pytorch_model-00001-of-00001.safetensors");
    safetensors("diffusion_pytorch_model.safetensors");
    assertThat(chosen(null)).isEqualTo("diffusion_pytorch_model.safetensors.index.json");
  }

  @Test
  void onlyFileIsTakenWhateverItsName() throws IOException {
    pickle("PixArt-XL-2-512x512.pth");
    assertThat(chosen(null)).isEqualTo("PixArt-XL-2-512x512.pth");
    safetensors("converted.safetensors");
    assertThat(chosen(null)).isEqualTo("converted.safetensors");
    safetensors("another.safetensors");
    assertRefused(null, "several", "another.safetensors, converted.safetensors");
  }

  @Test
  void whatIsInPlaceOfWeightsIsNamed() throws IOException {
    assertRefused(null, "holds no safetensors file and no PyTorch pickle.");
    Files.createFile(folder.resolve("diffusion_flax_model.msgpack"));
    assertRefused(null, "diffusion_flax_model.msgpack", "another framework");
    Files.createFile(folder.resolve("diffusion_pytorch_model.safetensors.incomplete"));
    assertRefused(null, "unfinished download", "diffusion_pytorch_model.safetensors.incomplete");
    safetensors("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
    assertRefused(null, "shards", "not their index");
  }

  @Test
  void wholePipelineIsNoComponent() throws IOException {
    Files.writeString(folder.resolve("model_index.json"), "{}");
    assertRefused(null, "whole pipeline");
  }

  @ParameterizedTest
  @ValueSource(strings = {"part", "incomplete", "crdownload", "PARTIAL"})
  void unfinishedDownloadsAreNotOpened(String ending) {
    safetensors("model.safetensors." + ending);
    assertThatThrownBy(() -> Checkpoints.open(folder.resolve("model.safetensors." + ending)))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("unfinished download");
  }

  @Test
  void namesOfFilesAreEscapedInMessages() {
    safetensors("a\u001b[2J.safetensors", "b\n.safetensors");
    assertRefused(null, "a\\u001b[2J.safetensors", "b\\n.safetensors");
  }
}
