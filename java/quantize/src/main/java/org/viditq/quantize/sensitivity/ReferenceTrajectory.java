package org.viditq.quantize.sensitivity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.resume.Part;
import org.viditq.core.tensor.Tensor;

/**
 * What the full-precision denoiser was asked on the way to the reference clips and what it
 * answered. As long as a sampling has not met a quantized layer it asks the same, and need not be
 * computed.
 */
final class ReferenceTrajectory {
  private static final String LATENTS = "latents";
  private static final String INPUT = "input.";
  private static final String PREDICTION = "prediction.";

  private final List<Tensor> inputs = new ArrayList<>();
  private final List<Tensor> predictions = new ArrayList<>();
  private Tensor latents;

  /** A denoiser that remembers. */
  Denoiser recording(Denoiser inner) {
    return new Denoiser() {
      @Override
      public DenoiserModel model() {
        return inner.model();
      }

      @Override
      public Tensor predict(DenoiserInput input) {
        Tensor prediction = inner.predict(input);
        inputs.add(copy(input.latents()));
        predictions.add(copy(prediction));
        return prediction;
      }

      @Override
      public void close() {
        inner.close();
      }
    };
  }

  private static Tensor copy(Tensor tensor) {
    return Tensor.of(tensor.shape(), tensor.data().clone());
  }

  void finish(Tensor sampled) {
    latents = copy(sampled);
  }

  /** The latents that came of it. */
  Tensor latents() {
    return latents;
  }

  /** What full precision answers at an evaluation, if it was asked the same there. */
  Optional<Tensor> find(int evaluation, DenoiserInput input) {
    return evaluation < inputs.size()
            && Arrays.equals(inputs.get(evaluation).data(), input.latents().data())
        ? Optional.of(copy(predictions.get(evaluation)))
        : Optional.empty();
  }

  Part part() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(LATENTS, latents);
    for (int i = 0; i < inputs.size(); i++) {
      tensors.put(INPUT + i, inputs.get(i));
      tensors.put(PREDICTION + i, predictions.get(i));
    }
    return new Part(tensors, Map.of());
  }

  /** What a part holds; empty if it is none of this class. */
  static Optional<ReferenceTrajectory> of(Part part) {
    ReferenceTrajectory trajectory = new ReferenceTrajectory();
    trajectory.latents = part.tensors().get(LATENTS);
    for (int i = 0; part.tensors().containsKey(INPUT + i); i++) {
      if (!part.tensors().containsKey(PREDICTION + i)) {
        return Optional.empty();
      }
      trajectory.inputs.add(part.tensors().get(INPUT + i));
      trajectory.predictions.add(part.tensors().get(PREDICTION + i));
    }
    return trajectory.latents == null ? Optional.empty() : Optional.of(trajectory);
  }
}
