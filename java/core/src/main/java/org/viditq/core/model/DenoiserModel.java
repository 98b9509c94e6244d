package org.viditq.core.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.model.size.SizeBins;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/**
 * One configured denoiser: everything that is known of it before there are weights or a backend.
 * Immutable. Pipelines, calibration, plans, graph recording and verification know models by this
 * interface only.
 */
public interface DenoiserModel {
  /** The family's name. */
  String family();

  /** What its latents are like. */
  LatentGeometry latents();

  /**
   * The inputs of one evaluation: {@link InputNames#LATENTS} and {@link InputNames#TIMESTEPS},
   * which every model has, and what it is conditioned on.
   */
  List<InputSpec> inputs();

  /**
   * What the pictures are made from: a text, a class, …
   *
   * @param pipelineClass the class that {@code model_index.json} names, as some models are
   *     published with several that differ here; empty if there is none
   */
  Conditioning conditioning(String pipelineClass);

  /**
   * The tensor of its checkpoint that holds an encoded text, [tokens, features], learned to stand
   * for none: guidance leads away from it where nobody gives a negative prompt. Empty for models
   * that take the encoding of the empty text instead.
   */
  default Optional<String> nullText() {
    return Optional.empty();
  }

  /** How its published pipeline samples. */
  SamplingDefaults samplingDefaults();

  /**
   * The sizes that its published pipeline keeps to unless it is told not to; empty for models
   * without such, and of sizes that there are none for.
   */
  default Optional<SizeBins> sizeBins() {
    return Optional.empty();
  }

  /**
   * Inputs that say how large the pictures are, for models that are conditioned on it; empty for
   * others.
   *
   * @param batch samples
   * @param height of the pictures, pixels
   * @param width of the pictures, pixels
   * @return by input name, each [batch, ...]
   */
  default Map<String, Tensor> sizeInputs(int batch, int height, int width) {
    return Map.of();
  }

  /**
   * Checks a size of latents beyond what {@link LatentGeometry} says of it, before any work is done
   * for it; the default allows every size.
   *
   * @param frames 1 for pictures
   * @throws org.viditq.core.error.UsageException if the model cannot be evaluated on such latents
   */
  default void requireLatents(int frames, int height, int width) {}

  /**
   * From how many frames on a recording for all extents is the model; for fewer it is evaluated as
   * another network.
   */
  default int fewestRecordedFrames() {
    return 1;
  }

  /**
   * Its linear layers, in the order of execution. These are what plans, sensitivity and allocation
   * speak of; embedding tables and convolutions are not among them.
   */
  List<LinearLayer> linearLayers();

  /**
   * Names, also the published ones, of weighted parts that are no linear layers but that published
   * plans list all the same (the patch embedding): naming one is no mistake, and changes nothing.
   */
  default List<String> otherParts() {
    return List.of();
  }

  /**
   * Prepares all layers on a backend.
   *
   * @param parameters under the checkpoint's own names, in full precision or quantized
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor
   * @throws org.viditq.core.error.NonFiniteException naming a layer with NaN or infinity
   */
  <V> PreparedDenoiser<V> prepare(Parameters parameters, Operators<V> operators);
}
