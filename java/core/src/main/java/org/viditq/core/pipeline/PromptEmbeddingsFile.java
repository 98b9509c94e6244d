package org.viditq.core.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.io.StrictJson;
import org.viditq.core.tensor.Tensor;

/**
 * Prompt embeddings in a safetensors file, so that prompts can be encoded once and sampled often,
 * or encoded elsewhere. Tensors are named as diffusers' arguments: {@code prompt_embeds} [B, L, C]
 * and {@code prompt_attention_mask} [B, L], and optionally {@code negative_prompt_embeds} and
 * {@code negative_prompt_attention_mask} for one or B texts. The metadata {@code prompts} is a JSON
 * array of the texts; without it (files from elsewhere) prompts are numbered.
 */
public final class PromptEmbeddingsFile {
  private static final String EMBEDS = "prompt_embeds";
  private static final String MASK = "prompt_attention_mask";
  private static final String NEGATIVE = "negative_";
  private static final String PROMPTS = "prompts";

  private PromptEmbeddingsFile() {}

  /**
   * Writes a file, whole or not at all.
   *
   * @throws org.viditq.core.error.OutputException if it cannot be written
   */
  public static void save(PromptEmbeddings embeddings, Path file) {
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

  private static void add(List<StoredTensor> tensors, String prefix, TextEmbeddings texts) {
    float[] mask = texts.mask().data();
    long[] wholeMask = new long[mask.length];
    for (int i = 0; i < mask.length; i++) {
      wholeMask[i] = (long) mask[i];
    }
    tensors.add(MemoryTensor.of(prefix + EMBEDS, texts.values()));
    tensors.add(MemoryTensor.ofLongs(prefix + MASK, texts.mask().shape(), wholeMask));
  }

  /**
   * Reads a file.
   *
   * @throws InvalidCheckpointException if it is missing, damaged, or does not hold prompt
   *     embeddings
   * @throws org.viditq.core.error.NonFiniteException if an embedding holds NaN or infinity
   */
  public static PromptEmbeddings load(Path file) {
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      TextEmbeddings positive = read(checkpoint, "");
      Optional<TextEmbeddings> negative =
          checkpoint.contains(NEGATIVE + EMBEDS)
              ? Optional.of(read(checkpoint, NEGATIVE))
              : Optional.empty();
      requireFit(checkpoint, positive, negative);
      return new PromptEmbeddings(readPrompts(checkpoint, positive.count()), positive, negative);
    }
  }

  private static TextEmbeddings read(Checkpoint checkpoint, String prefix) {
    Tensor values = checkpoint.get(prefix + EMBEDS).toFiniteTensor();
    Tensor mask = checkpoint.get(prefix + MASK).toFiniteTensor();
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
              + EMBEDS
              + " "
              + values.shape()
              + " and its mask "
              + mask.shape()
              + " must be [B, L, C] and [B, L]");
    }
    for (float value : mask.data()) {
      if (value != 0 && value != 1) {
        throw invalid(checkpoint, prefix + MASK + " holds " + value + ", but must be 0 or 1");
      }
    }
    return new TextEmbeddings(values, mask);
  }

  private static void requireFit(
      Checkpoint checkpoint, TextEmbeddings positive, Optional<TextEmbeddings> negative) {
    if (negative.isPresent() && !negative.get().isNegativeOf(positive)) {
      throw invalid(
          checkpoint,
          "negative embeddings "
              + negative.get().values().shape()
              + " do not go with prompt embeddings "
              + positive.values().shape());
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
