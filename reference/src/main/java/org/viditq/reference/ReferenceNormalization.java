package org.viditq.reference;

import java.util.Optional;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Tensor;

/** LayerNorm, RMSNorm and GroupNorm: moments in two passes over float64. */
final class ReferenceNormalization {
  private static final int BLOCK_ROWS = 32;

  private final Workers workers;

  ReferenceNormalization(Workers workers) {
    this.workers = workers;
  }

  /** What becomes of the normalized value n of channel c in a row. */
  @FunctionalInterface
  private interface Affine {
    double apply(double n, int row, int c);
  }

  Tensor layerNorm(Tensor x, Optional<Tensor> gamma, Optional<Tensor> beta, float eps) {
    ResultShapes.layerNorm(x.shape(), gamma.map(Tensor::shape), beta.map(Tensor::shape));
    float[] g = gamma.map(Tensor::data).orElse(null);
    float[] b = beta.map(Tensor::data).orElse(null);
    return normalizeRows(
        x, eps, (n, row, c) -> n * (g == null ? 1 : g[c]) + (b == null ? 0 : b[c]));
  }

  Tensor layerNormModulate(Tensor x, Tensor shift, Tensor scale, float eps) {
    ResultShapes.layerNormModulate(x.shape(), shift.shape(), scale.shape());
    int tokens = x.dim(1);
    int channels = x.dim(2);
    int shiftStep = shift.dim(0) == 1 ? 0 : channels;
    int scaleStep = scale.dim(0) == 1 ? 0 : channels;
    return normalizeRows(
        x,
        eps,
        (n, row, c) -> {
          int sample = row / tokens;
          double factor = 1.0 + scale.data()[sample * scaleStep + c];
          return n * factor + shift.data()[sample * shiftStep + c];
        });
  }

  private Tensor normalizeRows(Tensor x, float eps, Affine affine) {
    int channels = x.dim(-1);
    float[] in = x.data();
    float[] out = new float[in.length];
    workers.forEachBlock(
        x.shape().rows(),
        BLOCK_ROWS,
        (from, to) -> {
          for (int row = from; row < to; row++) {
            int start = row * channels;
            Moments moments = Moments.of(in, start, start + channels);
            double factor = 1 / Math.sqrt(moments.variance() + eps);
            for (int c = 0; c < channels; c++) {
              double n = (in[start + c] - moments.mean()) * factor;
              out[start + c] = (float) affine.apply(n, row, c);
            }
          }
        });
    return Tensor.of(x.shape(), out);
  }

  Tensor rmsNorm(Tensor x, Tensor weight, float eps) {
    ResultShapes.rmsNorm(x.shape(), weight.shape());
    int channels = x.dim(-1);
    float[] in = x.data();
    float[] out = new float[in.length];
    workers.forEachBlock(
        x.shape().rows(),
        BLOCK_ROWS,
        (from, to) -> {
          for (int row = from; row < to; row++) {
            int start = row * channels;
            double squares = 0;
            for (int c = 0; c < channels; c++) {
              squares += (double) in[start + c] * in[start + c];
            }
            double factor = 1 / Math.sqrt(squares / channels + eps);
            for (int c = 0; c < channels; c++) {
              out[start + c] = (float) (in[start + c] * factor * weight.data()[c]);
            }
          }
        });
    return Tensor.of(x.shape(), out);
  }

  Tensor groupNorm(Tensor x, Tensor gamma, Tensor beta, int groups, float eps) {
    ResultShapes.groupNorm(x.shape(), gamma.shape(), beta.shape(), groups);
    int channels = x.dim(1);
    int perGroup = channels / groups;
    float[] in = x.data();
    float[] out = new float[in.length];
    int samples = x.dim(0);
    int positions = in.length == 0 ? 0 : in.length / (samples * channels);
    workers.forEachBlock(
        samples * groups,
        1,
        (from, to) -> {
          int start = from * perGroup * positions;
          Moments moments = Moments.of(in, start, start + perGroup * positions);
          double factor = 1 / Math.sqrt(moments.variance() + eps);
          for (int i = start; i < start + perGroup * positions; i++) {
            int c = i / positions % channels;
            double n = (in[i] - moments.mean()) * factor;
            out[i] = (float) (n * gamma.data()[c] + beta.data()[c]);
          }
        });
    return Tensor.of(x.shape(), out);
  }

  /** Mean and biased variance. */
  private record Moments(double mean, double variance) {
    static Moments of(float[] values, int from, int to) {
      double sum = 0;
      for (int i = from; i < to; i++) {
        sum += values[i];
      }
      double mean = sum / (to - from);
      double squares = 0;
      for (int i = from; i < to; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
      }
      return new Moments(mean, squares / (to - from));
    }
  }
}
