package org.viditq.quantize.weight;

import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.tensor.Tensor;

/** The linear layers of a transformer's checkpoint, their weights left where they are stored. */
final class LinearLayers {
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  private LinearLayers() {}

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
