package org.viditq.core.schedule;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/** Checks of what the denoiser handed to a scheduler. */
final class ModelOutputs {
  private ModelOutputs() {}

  static void requireSameShape(Tensor modelOutput, Tensor sample) {
    if (!modelOutput.shape().equals(sample.shape())) {
      throw new ShapeException(
          "Scheduler step: the denoiser's output "
              + modelOutput.shape()
              + " is not shaped like the sample "
              + sample.shape()
              + ".");
    }
  }

  /** For outputs that carry variance channels behind the prediction: [B, 2C, ...]. */
  static void requireVarianceChannels(Tensor modelOutput, Tensor sample) {
    int[] expected = sample.shape().toArray();
    if (expected.length < 2) {
      throw new ShapeException(
          "Scheduler step: the sample " + sample.shape() + " has no channel axis.");
    }
    expected[1] *= 2;
    if (!java.util.Arrays.equals(expected, modelOutput.shape().toArray())) {
      throw new ShapeException(
          "Scheduler step: learned variances need twice the channels of the sample "
              + sample.shape()
              + ", but the denoiser's output is "
              + modelOutput.shape()
              + ".");
    }
  }
}
