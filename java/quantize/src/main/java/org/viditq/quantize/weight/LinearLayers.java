package org.viditq.quantize.weight;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.operators.DenseLinearParameters;

/** The linear layers that a transformer's checkpoint holds. */
public final class LinearLayers {
  private static final String WEIGHT = ".weight";

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
    StoredTensor weight = checkpoint.get(name + WEIGHT);
    return (DenseLinearParameters)
        new CheckpointParameters(checkpoint)
            .linear(name, weight.shape().dim(1), weight.shape().dim(0));
  }
}
