package org.viditq.core.schedule;

import java.util.Arrays;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/** What the denoiser handed to a scheduler: checks, and its two halves. */
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
    if (!Arrays.equals(expected, modelOutput.shape().toArray())) {
      throw new ShapeException(
          "Scheduler step: learned variances need twice the channels of the sample "
              + sample.shape()
              + ", but the denoiser's output is "
              + modelOutput.shape()
              + ".");
    }
  }

  /** The first C channels of [B, 2C, ...]. */
  static Tensor prediction(Tensor modelOutput, Tensor sample) {
    return half(modelOutput, sample, 0);
  }

  /** The last C channels of [B, 2C, ...]. */
  static Tensor variances(Tensor modelOutput, Tensor sample) {
    return half(modelOutput, sample, 1);
  }

  private static Tensor half(Tensor modelOutput, Tensor sample, int which) {
    int batch = sample.dim(0);
    float[] values = new float[sample.size()];
    int row = batch == 0 ? 0 : values.length / batch;
    for (int b = 0; b < batch; b++) {
      System.arraycopy(modelOutput.data(), (2 * b + which) * row, values, b * row, row);
    }
    return Tensor.of(sample.shape(), values);
  }
}
