package org.viditq.core.pipeline;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * The evaluations of one sampling, in order, which share values. What is kept between them is freed
 * when it is closed.
 */
public interface CachedSampling extends AutoCloseable {
  /** As {@link Denoiser#prepare}, for the evaluations of this sampling. */
  default void prepare(DenoiserInput like, ProgressListener progress) {}

  /** As {@link Denoiser#predict}, of the next step. */
  Tensor predict(DenoiserInput input);

  /** Frees what was kept; idempotent. */
  @Override
  void close();

  /** Evaluations that share nothing. */
  static CachedSampling ofNothing(Denoiser denoiser) {
    return new CachedSampling() {
      @Override
      public void prepare(DenoiserInput like, ProgressListener progress) {
        denoiser.prepare(like, progress);
      }

      @Override
      public Tensor predict(DenoiserInput input) {
        return denoiser.predict(input);
      }

      @Override
      public void close() {}
    };
  }

  /**
   * One picture's samples of a batch.
   *
   * @param picture index, from 0
   * @param pictures how many the batch is of; with guidance a picture has one sample in each half
   */
  static DenoiserInput ofPicture(DenoiserInput batch, int picture, int pictures) {
    int samples = batch.latents().dim(0);
    Map<String, Tensor> some = new LinkedHashMap<>();
    batch
        .tensors()
        .forEach(
            (name, tensor) ->
                some.put(
                    name,
                    tensor.shape().rank() > 0 && tensor.dim(0) == samples
                        ? everyFrom(tensor, picture, pictures)
                        : tensor));
    return new DenoiserInput(some);
  }

  /** Samples first, first + step, … of a tensor. */
  private static Tensor everyFrom(Tensor tensor, int first, int step) {
    int[] dims = tensor.shape().toArray();
    int row = tensor.size() / dims[0];
    dims[0] /= step;
    float[] values = new float[dims[0] * row];
    for (int i = 0; i < dims[0]; i++) {
      System.arraycopy(tensor.data(), (first + i * step) * row, values, i * row, row);
    }
    return Tensor.of(Shape.of(dims), values);
  }

  /** The inverse of {@link #ofPicture}: all samples from those of each picture, in order. */
  static Tensor join(Tensor[] pictures) {
    int[] dims = pictures[0].shape().toArray();
    int row = pictures[0].size() / dims[0];
    float[] values = new float[Arrays.stream(pictures).mapToInt(Tensor::size).sum()];
    for (int picture = 0; picture < pictures.length; picture++) {
      for (int i = 0; i < dims[0]; i++) {
        System.arraycopy(
            pictures[picture].data(), i * row, values, (picture + i * pictures.length) * row, row);
      }
    }
    dims[0] *= pictures.length;
    return Tensor.of(Shape.of(dims), values);
  }
}
