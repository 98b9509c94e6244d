package org.viditq.core.adapter;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.adapter.LoraKey.Role;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.CheckpointChoice;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.HubCache;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.Shape;

/**
 * An open file of a LoRA adapter: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models",
 * 2021. Read are PEFT's and diffusers' layouts ({@code lora_A}, {@code lora_B}; {@code lora.down},
 * {@code processor.to_q_lora.down}) and that of kohya's scripts ({@code lora_unet_...lora_down},
 * {@code alpha}).
 *
 * <p>Every tensor must be understood: an adapter of another kind (LoHa, LoKr, DoRA), or one with a
 * part that would be left out, is refused.
 */
final class LoraFile implements AutoCloseable {
  /** What the tensors of other kinds of adapters are called, and the kinds. */
  private static final Map<String, String> OTHER_KINDS =
      Map.of(
          "hada_w", "LoHa",
          "lokr_w", "LoKr",
          "lora_mid", "LoCon with a Tucker core",
          "lora_magnitude_vector", "DoRA",
          "dora_scale", "DoRA",
          "oft_", "OFT",
          "lora_embedding_", "LoRA of an embedding table");

  private final Checkpoint weights;
  private final List<LowRank> layers;

  private LoraFile(Checkpoint weights, List<LowRank> layers) {
    this.weights = weights;
    this.layers = layers;
  }

  /**
   * @throws InvalidCheckpointException if there is none, or a tensor is not understood, lacks its
   *     counterpart or does not fit it, naming the tensor
   * @throws org.viditq.core.error.InvalidModelException if its settings ask for what is not
   *     supported, naming the key
   */
  static LoraFile open(LoraSource source) {
    if (!Files.exists(source.path())) {
      throw new InvalidCheckpointException(
          "There is no LoRA adapter "
              + Printable.line(source.path().toString())
              + HubCache.adviceForMissing(source.path())
              + ".");
    }
    Path place = Files.isDirectory(source.path()) ? HubCache.resolve(source.path()) : source.path();
    Checkpoint weights = Checkpoints.open(place, CheckpointChoice.ANY);
    try {
      LoraSettings settings = LoraSettings.of(place, weights);
      return new LoraFile(weights, read(weights, settings, source.scale()));
    } catch (RuntimeException | Error unreadable) {
      weights.close();
      throw unreadable;
    }
  }

  private static List<LowRank> read(Checkpoint weights, LoraSettings settings, double scale) {
    Map<String, Map<Role, StoredTensor>> byLayer = new LinkedHashMap<>();
    for (String name : weights.names()) {
      LoraKey key = LoraKey.parse(name).orElseThrow(() -> notUnderstood(name, weights));
      if (byLayer
              .computeIfAbsent(key.layer(), layer -> new EnumMap<>(Role.class))
              .put(key.role(), weights.get(name))
          != null) {
        throw new InvalidCheckpointException(
            describe(name, weights)
                + " is there twice for one layer; give a file that holds one adapter.");
      }
    }
    if (byLayer.isEmpty()) {
      throw new InvalidCheckpointException(
          weights.source() + " holds no tensors, thus no adapter.");
    }
    List<LowRank> layers = new ArrayList<>();
    byLayer.forEach((layer, parts) -> layers.add(layer(layer, parts, settings, scale, weights)));
    return List.copyOf(layers);
  }

  private static LowRank layer(
      String layer,
      Map<Role, StoredTensor> parts,
      LoraSettings settings,
      double scale,
      Checkpoint weights) {
    StoredTensor down = parts.get(Role.DOWN);
    StoredTensor up = parts.get(Role.UP);
    if (down == null || up == null) {
      StoredTensor alone = parts.values().iterator().next();
      throw new InvalidCheckpointException(
          describe(alone.name(), weights)
              + " lacks its counterpart: a layer needs both factors; the adapter is incomplete.");
    }
    requireFloatingPoint(down, weights);
    requireFloatingPoint(up, weights);
    requireFit(down, up, weights);
    int rank = down.shape().dim(0);
    double alpha =
        parts.containsKey(Role.ALPHA)
            ? alpha(parts.get(Role.ALPHA), weights)
            : settings.alpha(layer).orElse(rank);
    return new LowRank(layer, down, up, scale * alpha / settings.divisor(rank), weights.source());
  }

  private static void requireFloatingPoint(StoredTensor factor, Checkpoint weights) {
    if (!factor.dtype().isFloatingPoint()) {
      throw new InvalidCheckpointException(
          describe(factor.name(), weights)
              + " is stored as "
              + factor.dtype()
              + " where floating-point values are needed.");
    }
  }

  /** down [rank, ...], up [outputs, rank, 1...]. */
  private static void requireFit(StoredTensor down, StoredTensor up, Checkpoint weights) {
    Shape first = down.shape();
    Shape second = up.shape();
    boolean fit = first.rank() >= 2 && second.rank() >= 2 && first.size() > 0 && second.size() > 0;
    if (!fit || first.dim(0) != second.dim(1) || second.size() != second.dim(0) * second.dim(1)) {
      throw new InvalidCheckpointException(
          describe(down.name(), weights)
              + " of shape "
              + first
              + " and "
              + Printable.name(up.name())
              + " of shape "
              + second
              + " are no factors of one rank.");
    }
  }

  private static double alpha(StoredTensor alpha, Checkpoint weights) {
    if (alpha.shape().size() == 1) {
      double value = alpha.toTensor().data()[0];
      if (Double.isFinite(value)) {
        return value;
      }
    }
    throw new InvalidCheckpointException(
        describe(alpha.name(), weights) + " is not one finite number.");
  }

  private static InvalidCheckpointException notUnderstood(String name, Checkpoint weights) {
    boolean adapter = weights.names().stream().anyMatch(other -> LoraKey.parse(other).isPresent());
    for (Map.Entry<String, String> kind : OTHER_KINDS.entrySet()) {
      if (name.contains(kind.getKey())) {
        return new InvalidCheckpointException(
            describe(name, weights)
                + " belongs to an adapter of the kind "
                + kind.getValue()
                + ", which is not supported; LoRA adapters are.");
      }
    }
    return new InvalidCheckpointException(
        describe(name, weights)
            + (adapter
                ? " is no part of a LoRA adapter and would be left out; the adapter is not"
                    + " supported."
                : " is no part of a LoRA adapter; a whole transformer is given with"
                    + " --transformer."));
  }

  private static String describe(String tensor, Checkpoint weights) {
    return "Tensor " + Printable.name(tensor) + " of " + weights.source();
  }

  /** The changes, in file order. */
  List<LowRank> layers() {
    return layers;
  }

  @Override
  public void close() {
    weights.close();
  }
}
