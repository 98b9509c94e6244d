package org.viditq.quantize.apply;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.resume.Part;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Predictions for a batch of prompts, put together of those that were made for each prompt by
 * itself, from exactly the batch's rows. Backends compute a row of a batch as they compute it
 * alone; as that is no law, the first prediction of the whole batch is compared with the joined
 * one, and where they differ none is joined.
 */
final class JoinedPredictions {
  private static final Logger LOG = LoggerFactory.getLogger(JoinedPredictions.class);

  private final List<Part> trajectories = new ArrayList<>();
  private boolean usable;

  /** What was kept of the prompts; nothing can be joined unless all are there. */
  JoinedPredictions(PromptTrajectories prompts, PartialResults kept) {
    for (int i = 0; i < prompts.count(); i++) {
      if (!kept.has(prompts.key(i))) {
        break;
      }
      kept.find(prompts.key(i)).ifPresent(trajectories::add);
    }
    usable = trajectories.size() == prompts.count();
  }

  /** The prediction for a batch; empty if some row was not asked for. */
  Optional<Tensor> find(int evaluation, DenoiserInput batch) {
    int prompts = trajectories.size();
    int rows = batch.latents().dim(0);
    if (!usable || rows % prompts != 0) {
      return Optional.empty();
    }
    // With guidance, the negative half comes first.
    int copies = rows / prompts;
    float[] joined = null;
    Shape shape = null;
    for (int prompt = 0; prompt < prompts; prompt++) {
      Tensor alone =
          PromptTrajectories.prediction(
              trajectories.get(prompt),
              evaluation,
              InputDigest.of(rows(batch, prompt, prompts, copies)));
      if (alone == null || alone.dim(0) != copies) {
        return Optional.empty();
      }
      int row = alone.size() / copies;
      if (joined == null) {
        int[] dims = alone.shape().toArray();
        dims[0] = rows;
        shape = Shape.of(dims);
        joined = new float[shape.size()];
      }
      for (int copy = 0; copy < copies; copy++) {
        System.arraycopy(alone.data(), copy * row, joined, (copy * prompts + prompt) * row, row);
      }
    }
    return Optional.of(Tensor.of(shape, joined));
  }

  /** Holds what was predicted for a whole batch to what would have been joined. */
  void compare(int evaluation, DenoiserInput batch, Tensor prediction) {
    Optional<Tensor> joined = find(evaluation, batch);
    if (joined.isPresent() && !Arrays.equals(joined.get().data(), prediction.data())) {
      usable = false;
      LOG.warn(
          "On this backend a prompt's prediction depends on the others of its batch; what workers"
              + " predicted for single prompts is not used.");
    }
  }

  private static DenoiserInput rows(DenoiserInput batch, int prompt, int prompts, int copies) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    batch
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (tensor.dim(0) != prompts * copies) {
                tensors.put(name, tensor);
                return;
              }
              int[] dims = tensor.shape().toArray();
              dims[0] = copies;
              int row = tensor.size() / tensor.dim(0);
              float[] values = new float[copies * row];
              for (int copy = 0; copy < copies; copy++) {
                System.arraycopy(
                    tensor.data(), (copy * prompts + prompt) * row, values, copy * row, row);
              }
              tensors.put(name, Tensor.of(Shape.of(dims), values));
            });
    return new DenoiserInput(tensors);
  }
}
