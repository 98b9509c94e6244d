package org.viditq.core.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * One denoiser evaluation: tensors by the names of {@link DenoiserModel#inputs()}. Latents and
 * timesteps are always there.
 *
 * @param tensors all of them, in a stable order
 */
public record DenoiserInput(Map<String, Tensor> tensors) {
  public DenoiserInput {
    tensors = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    for (String needed : new String[] {InputNames.LATENTS, InputNames.TIMESTEPS}) {
      if (!tensors.containsKey(needed)) {
        throw new ShapeException("Denoiser: the input " + needed + " is missing.");
      }
    }
    int batch = tensors.get(InputNames.LATENTS).dim(0);
    tensors.forEach(
        (name, tensor) -> {
          boolean perSample = tensor.shape().rank() > 0 && tensor.dim(0) == batch;
          if (!perSample && !name.equals(InputNames.TIMESTEPS)) {
            throw new ShapeException(
                "Denoiser: input "
                    + name
                    + " "
                    + tensor.shape()
                    + " does not go with latents of "
                    + batch
                    + " samples.");
          }
        });
  }

  /**
   * @param timestep the same for every sample
   * @param others all inputs but latents and timesteps
   */
  public static DenoiserInput of(Tensor latents, double timestep, Map<String, Tensor> others) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    all.put(InputNames.LATENTS, latents);
    all.put(InputNames.TIMESTEPS, Tensor.full((float) timestep, latents.dim(0)));
    all.putAll(others);
    return new DenoiserInput(all);
  }

  public Tensor latents() {
    return tensors.get(InputNames.LATENTS);
  }

  /** One per sample, or of any shape that the model takes. */
  public Tensor timesteps() {
    return tensors.get(InputNames.TIMESTEPS);
  }

  /** The first timestep: the one whose range a quantized model is in, as in the published code. */
  public double timestep() {
    return timesteps().data()[0];
  }

  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }
}
