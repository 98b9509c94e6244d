package org.viditq.quantize.weight;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.tensor.Tensor;

/** The linear layers that a transformer's checkpoint holds. */
public final class LinearLayers {
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  private LinearLayers() {}

  /**
   * Qualified names of all layers with a matrix {@code NAME.weight} of floating-point type, in file
   * order. Embedding tables look alike; models that have some keep them out by their plan.
   */
  public static List<String> names(Checkpoint checkpoint) {
    List<String> layers = new ArrayList<>();
    for (String tensor : checkpoint.names()) {
      if (tensor.endsWith(WEIGHT)) {
        StoredTensor weight = checkpoint.get(tensor);
        if (weight.shape().rank() == 2 && weight.dtype().isFloatingPoint()) {
          layers.add(tensor.substring(0, tensor.length() - WEIGHT.length()));
        }
      }
    }
    return layers;
  }

  /** The layer {@code name}, its weight where it is stored. */
  static DenseLinearParameters get(Checkpoint checkpoint, String name) {
    // Whether the weight is finite shows when it is read, row by row; a look at all of it would
    // bring it into memory.
    StoredTensor weight = checkpoint.get(name + WEIGHT);
    Parameters parameters = new CheckpointParameters(checkpoint);
    Optional<Tensor> bias =
        parameters.contains(name + BIAS)
            ? Optional.of(parameters.tensor(name + BIAS, weight.shape().dim(0)))
            : Optional.empty();
    return new DenseLinearParameters(
        name, parameters.stored(name + WEIGHT, weight.shape().dim(0), weight.shape().dim(1)), bias);
  }
}
