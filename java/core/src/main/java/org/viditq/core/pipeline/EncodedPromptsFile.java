package org.viditq.core.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.io.StrictJson;
import org.viditq.core.model.InputNames;
import org.viditq.core.tensor.Tensor;

/**
 * Encoded prompts in a safetensors file, so that prompts can be encoded once and sampled often, or
 * encoded elsewhere. Tensors are named as diffusers' arguments: {@code prompt_embeds} [B, L, C] and
 * {@code prompt_attention_mask} [B, L], those of a second encoder with {@code _2} behind, {@code
 * class_labels} [B]; what guidance leads away from has {@code negative_} before, for one prompt or
 * B. The metadata {@code prompts} is a JSON array of the texts; without it (files from elsewhere)
 * prompts are numbered.
 */
public final class EncodedPromptsFile {
  private static final String NEGATIVE = "negative_";
  private static final String PROMPTS = "prompts";

  /** Names in the file by names of inputs. */
  private static final Map<String, String> NAMES = names();

  private EncodedPromptsFile() {}

  /**
   * Writes a file, whole or not at all.
   *
   * @throws org.viditq.core.error.OutputException if it cannot be written
   */
  public static void save(EncodedPrompts embeddings, Path file) {
    List<StoredTensor> tensors = new ArrayList<>();
    add(tensors, "", embeddings.positive());
    embeddings.negative().ifPresent(texts -> add(tensors, NEGATIVE, texts));
    try {
      String prompts = new ObjectMapper().writeValueAsString(embeddings.prompts());
      SafetensorsWriter.write(file, tensors, Map.of(PROMPTS, prompts));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("A list of strings is not JSON.", impossible);
    }
  }

  private static Map<String, String> names() {
    Map<String, String> names = new LinkedHashMap<>();
    names.put(InputNames.TEXT, "prompt_embeds");
    names.put(InputNames.MASK, "prompt_attention_mask");
    names.put(InputNames.TEXT_2, "prompt_embeds_2");
    names.put(InputNames.MASK_2, "prompt_attention_mask_2");
    names.put(InputNames.LABELS, "class_labels");
    return names;
  }

  /** Whether {@code input} holds whole numbers, which files keep as such. */
  private static boolean isWhole(String input) {
    return !input.equals(InputNames.TEXT) && !input.equals(InputNames.TEXT_2);
  }

  private static void add(List<StoredTensor> tensors, String prefix, Conditions conditions) {
    conditions
        .tensors()
        .forEach(
            (input, tensor) -> {
              String name = prefix + NAMES.get(input);
              tensors.add(
                  isWhole(input)
                      ? MemoryTensor.ofLongs(name, tensor.shape(), whole(tensor.data()))
                      : MemoryTensor.of(name, tensor));
            });
  }

  private static long[] whole(float[] values) {
    long[] whole = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      whole[i] = (long) values[i];
    }
    return whole;
  }

  /**
   * Reads a file.
   *
   * @throws InvalidCheckpointException if it is missing, damaged, or does not hold prompt
   *     embeddings
   * @throws org.viditq.core.error.NonFiniteException if an embedding holds NaN or infinity
   */
  public static EncodedPrompts load(Path file) {
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      Conditions positive =
          read(checkpoint, "")
              .orElseThrow(
                  () ->
                      invalid(
                          checkpoint,
                          "it has neither "
                              + NAMES.get(InputNames.TEXT)
                              + " nor "
                              + NAMES.get(InputNames.LABELS)));
      Optional<Conditions> negative = read(checkpoint, NEGATIVE);
      try {
        return new EncodedPrompts(readPrompts(checkpoint, positive.count()), positive, negative);
      } catch (ShapeException unfit) {
        throw invalid(checkpoint, unfit.getMessage().replaceAll("\\.$", ""));
      }
    }
  }

  private static Optional<Conditions> read(Checkpoint checkpoint, String prefix) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    NAMES.forEach(
        (input, name) -> {
          if (checkpoint.contains(prefix + name)) {
            tensors.put(input, checkpoint.get(prefix + name).toFiniteTensor());
          }
        });
    if (tensors.isEmpty()) {
      return Optional.empty();
    }
    requireText(checkpoint, prefix, tensors, InputNames.TEXT, InputNames.MASK);
    requireText(checkpoint, prefix, tensors, InputNames.TEXT_2, InputNames.MASK_2);
    try {
      return Optional.of(new Conditions(tensors));
    } catch (ShapeException unfit) {
      throw invalid(checkpoint, unfit.getMessage().replaceAll("\\.$", ""));
    }
  }

  private static void requireText(
      Checkpoint checkpoint,
      String prefix,
      Map<String, Tensor> tensors,
      String textInput,
      String maskInput) {
    Tensor values = tensors.get(textInput);
    Tensor mask = tensors.get(maskInput);
    if (values == null && mask == null) {
      return;
    }
    if (values == null || mask == null) {
      String missing = prefix + NAMES.get(values == null ? textInput : maskInput);
      throw invalid(checkpoint, "tensor " + missing + " is missing");
    }
    boolean fits =
        values.shape().rank() == 3
            && mask.shape().rank() == 2
            && values.dim(0) > 0
            && values.dim(0) == mask.dim(0)
            && values.dim(1) == mask.dim(1);
    if (!fits) {
      throw invalid(
          checkpoint,
          prefix
              + NAMES.get(textInput)
              + " "
              + values.shape()
              + " and its mask "
              + mask.shape()
              + " must be [B, L, C] and [B, L]");
    }
    for (float value : mask.data()) {
      if (value != 0 && value != 1) {
        throw invalid(
            checkpoint, prefix + NAMES.get(maskInput) + " holds " + value + ", but must be 0 or 1");
      }
    }
  }

  private static List<String> readPrompts(Checkpoint checkpoint, int count) {
    List<String> prompts = new ArrayList<>();
    String json = checkpoint.metadata().get(PROMPTS);
    if (json == null) {
      for (int i = 1; i <= count; i++) {
        prompts.add("prompt " + i);
      }
      return prompts;
    }
    try {
      for (JsonNode prompt : StrictJson.parse(json.getBytes(StandardCharsets.UTF_8))) {
        prompts.add(prompt.asText());
      }
    } catch (JsonProcessingException malformed) {
      throw invalid(checkpoint, "its metadata prompts is not JSON");
    }
    if (prompts.size() != count) {
      throw invalid(
          checkpoint,
          "it names " + prompts.size() + " prompts, but holds " + count + " embeddings");
    }
    return prompts;
  }

  private static InvalidCheckpointException invalid(Checkpoint checkpoint, String what) {
    return new InvalidCheckpointException(
        checkpoint.source() + " does not hold prompt embeddings: " + what + ".");
  }
}
