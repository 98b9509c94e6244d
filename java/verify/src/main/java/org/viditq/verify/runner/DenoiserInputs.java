package org.viditq.verify.runner;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.InputNames;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.fixture.FixtureCase;

/** Denoiser inputs of a case, which calls them as the published code calls its arguments. */
public final class DenoiserInputs {
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("x", InputNames.LATENTS),
          Map.entry("hidden_states", InputNames.LATENTS),
          Map.entry("t", InputNames.TIMESTEPS),
          Map.entry("timestep", InputNames.TIMESTEPS),
          Map.entry("y", InputNames.TEXT),
          Map.entry("encoder_hidden_states", InputNames.TEXT),
          Map.entry("class_labels", InputNames.LABELS),
          Map.entry("mask", InputNames.MASK),
          Map.entry("encoder_attention_mask", InputNames.MASK),
          Map.entry("text_embedding_mask", InputNames.MASK),
          Map.entry("encoder_hidden_states_t5", InputNames.TEXT_2),
          Map.entry("text_embedding_mask_t5", InputNames.MASK_2),
          Map.entry("image_meta_size", InputNames.IMAGE_SIZES),
          Map.entry("style", InputNames.STYLE),
          Map.entry("img_hw", InputNames.RESOLUTION),
          Map.entry("resolution", InputNames.RESOLUTION),
          Map.entry("aspect_ratio", InputNames.ASPECT_RATIO));

  private DenoiserInputs() {}

  /**
   * What {@code output} is computed from: all inputs of the case, but not a mask that only {@code
   * output_bias} is with.
   *
   * @param named from an argument's name to the input that holds it in this case
   */
  public static DenoiserInput of(FixtureCase fixture, UnaryOperator<String> named) {
    DenoiserInput all = all(fixture, named);
    return fixture.expects("output_bias") ? without(all, InputNames.MASK) : all;
  }

  /** All inputs of the case. */
  static DenoiserInput all(FixtureCase fixture, UnaryOperator<String> named) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    NAMES.forEach(
        (argument, name) -> {
          String input = named.apply(argument);
          if (fixture.hasInput(input)) {
            tensors.put(name, withoutSingleton(name, fixture.input(input)));
          }
        });
    return new DenoiserInput(tensors);
  }

  /** The same evaluation without one of its inputs. */
  static DenoiserInput without(DenoiserInput input, String name) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(input.tensors());
    tensors.remove(name);
    return new DenoiserInput(tensors);
  }

  /** The same evaluation with one of its inputs as the first sample has it, for all samples. */
  static DenoiserInput withFirstSampleOf(DenoiserInput input, String name) {
    Tensor own = input.find(name).orElseThrow();
    Tensor shared = Tensor.zeros(own.shape().toArray());
    int row = own.size() / own.dim(0);
    for (int sample = 0; sample < own.dim(0); sample++) {
      System.arraycopy(own.data(), 0, shared.data(), sample * row, row);
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>(input.tensors());
    tensors.put(name, shared);
    return new DenoiserInput(tensors);
  }

  /** The same evaluation of the first sample alone. */
  static DenoiserInput firstSample(DenoiserInput input) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    input
        .tensors()
        .forEach(
            (name, all) -> {
              int[] dims = all.shape().toArray();
              int row = all.size() / dims[0];
              dims[0] = 1;
              tensors.put(name, Tensor.of(Arrays.copyOf(all.data(), row), dims));
            });
    return new DenoiserInput(tensors);
  }

  /** The authors' code passes text as [B, 1, tokens, C]. */
  private static Tensor withoutSingleton(String name, Tensor tensor) {
    boolean singleton =
        name.equals(InputNames.TEXT) && tensor.shape().rank() == 4 && tensor.dim(1) == 1;
    return singleton
        ? Tensor.of(tensor.data(), tensor.dim(0), tensor.dim(2), tensor.dim(3))
        : tensor;
  }
}
