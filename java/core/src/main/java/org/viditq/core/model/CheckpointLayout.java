package org.viditq.core.model;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.operators.IdleOperators;

/**
 * Holds the names and shapes of a checkpoint against what its model asks for, before any work is
 * done: the model is prepared on operators that compute nothing. Contents of layers are not read.
 */
public final class CheckpointLayout {
  private CheckpointLayout() {}

  /**
   * @param config what the model was built from, for messages
   * @param weights in full precision
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor
   * @throws org.viditq.core.error.InvalidModelException naming a tensor that the model does not
   *     have, see {@link UnusedTensors}
   */
  public static void require(DenoiserModel model, JsonConfig config, Checkpoint weights) {
    require(model, config, CheckpointParameters.unscanned(weights), weights.source());
  }

  /**
   * As {@link #require(DenoiserModel, JsonConfig, Checkpoint)}, for weights in any form.
   *
   * @param source where they are, for messages
   */
  public static void require(
      DenoiserModel model, JsonConfig config, Parameters parameters, String source) {
    model.prepare(parameters, new IdleOperators());
    UnusedTensors.require(parameters.unused(), source, config);
  }
}
