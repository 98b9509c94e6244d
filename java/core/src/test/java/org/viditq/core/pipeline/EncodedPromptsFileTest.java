package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.model.InputNames;
import org.viditq.core.tensor.Tensor;

class EncodedPromptsFileTest {
  @TempDir Path folder;

  private static Conditions texts(int count) {
    Tensor values = Tensor.zeros(count, 3, 2);
    for (int i = 0; i < values.size(); i++) {
      values.data()[i] = i * 0.37f - 1;
    }
    Tensor mask = Tensor.full(1, count, 3);
    mask.data()[2] = 0;
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(InputNames.TEXT, values);
    tensors.put(InputNames.MASK, mask);
    return new Conditions(tensors);
  }

  @Test
  void whatIsSavedIsLoaded() {
    Path file = folder.resolve("prompts.safetensors");
    EncodedPrompts saved =
        new EncodedPrompts(List.of("ein \"roter\" Kreis", "日本語"), texts(2), Optional.of(texts(1)));
    EncodedPromptsFile.save(saved, file);
    EncodedPrompts loaded = EncodedPromptsFile.load(file);
    assertThat(loaded.prompts()).isEqualTo(saved.prompts());
    assertThat(loaded.positive().get(InputNames.TEXT).data())
        .isEqualTo(texts(2).get(InputNames.TEXT).data());
    assertThat(loaded.positive().get(InputNames.MASK).data())
        .isEqualTo(texts(2).get(InputNames.MASK).data());
    assertThat(loaded.negative().orElseThrow().get(InputNames.TEXT).data())
        .isEqualTo(texts(1).get(InputNames.TEXT).data());
  }

  @Test
  void negativesAndNamesMayBeAbsent() {
    Path file = folder.resolve("python.safetensors");
    SafetensorsWriter.write(
        file,
        List.of(
            MemoryTensor.of("prompt_embeds", texts(2).get(InputNames.TEXT)),
            MemoryTensor.of("prompt_attention_mask", texts(2).get(InputNames.MASK))),
        Map.of());
    EncodedPrompts loaded = EncodedPromptsFile.load(file);
    assertThat(loaded.negative()).isEmpty();
    assertThat(loaded.prompts()).containsExactly("prompt 1", "prompt 2");
  }

  @Test
  void otherFilesAreRefused() {
    assertRefused("no prompt_embeds", Map.of("weight", Tensor.zeros(2)), "prompt_embeds");
    assertRefused(
        "mask of another length",
        Map.of("prompt_embeds", Tensor.zeros(1, 3, 2), "prompt_attention_mask", Tensor.zeros(1, 4)),
        "[1, 3, 2]");
    assertRefused(
        "mask that is none",
        Map.of(
            "prompt_embeds",
            Tensor.zeros(1, 3, 2),
            "prompt_attention_mask",
            Tensor.full(0.5f, 1, 3)),
        "0.5");
    assertRefused(
        "negatives of another width",
        Map.of(
            "prompt_embeds",
            Tensor.zeros(1, 3, 2),
            "prompt_attention_mask",
            Tensor.full(1, 1, 3),
            "negative_prompt_embeds",
            Tensor.zeros(1, 3, 4),
            "negative_prompt_attention_mask",
            Tensor.full(1, 1, 3)),
        "[1, 3, 4]");
  }

  private void assertRefused(String what, Map<String, Tensor> tensors, String named) {
    Path file = folder.resolve(what + ".safetensors");
    write(file, tensors, Map.of());
    assertThatThrownBy(() -> EncodedPromptsFile.load(file))
        .as(what)
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining(named);
  }

  private static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    SafetensorsWriter.write(
        file,
        tensors.entrySet().stream().map(t -> MemoryTensor.of(t.getKey(), t.getValue())).toList(),
        metadata);
  }

  @Test
  void namesMustBeAsManyAsEmbeddings() {
    Path file = folder.resolve("names.safetensors");
    write(
        file,
        Map.of(
            "prompt_embeds",
            texts(2).get(InputNames.TEXT),
            "prompt_attention_mask",
            texts(2).get(InputNames.MASK)),
        Map.of("prompts", "[\"one\"]"));
    assertThatThrownBy(() -> EncodedPromptsFile.load(file))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("names 1 prompts, but holds 2");
  }

  @Test
  void brokenNumbersAreRefused() {
    Path file = folder.resolve("nan.safetensors");
    write(
        file,
        Map.of(
            "prompt_embeds",
            Tensor.full(Float.NaN, 1, 3, 2),
            "prompt_attention_mask",
            Tensor.full(1, 1, 3)),
        Map.of());
    assertThatThrownBy(() -> EncodedPromptsFile.load(file))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("prompt_embeds");
  }
}
