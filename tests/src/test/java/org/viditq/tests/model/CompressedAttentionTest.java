package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.model.pixart.CompressedAttention;
import org.viditq.core.model.pixart.KeyValueCompression;
import org.viditq.core.model.pixart.KeyValueCompression.Sampling;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/** PixArt-Σ's attention on fewer keys and values, against loops that spell its formula out. */
class CompressedAttentionTest {
  private static final int CHANNELS = 8;
  private static final int HEADS = 2;
  private static final int BATCH = 2;

  private final Random random = new Random(3);
  private final Tensor qkv = normal(3 * CHANNELS, CHANNELS);
  private final Tensor qkvBias = normal(3 * CHANNELS);
  private final Tensor proj = normal(CHANNELS, CHANNELS);
  private final Tensor projBias = normal(CHANNELS);
  private final Tensor gamma = normal(CHANNELS);
  private final Tensor beta = normal(CHANNELS);
  private final Tensor srBias = normal(CHANNELS);

  @ParameterizedTest
  @CsvSource({
    "reference, CONVOLUTION, 2, 4, 6",
    "reference, CONVOLUTION, 2, 5, 7",
    "reference, CONVOLUTION, 3, 7, 6",
    "reference, UNIFORM, 2, 5, 4",
    "reference, UNIFORM_EVERY, 3, 2, 5",
    "native, CONVOLUTION, 2, 5, 7",
    "native, UNIFORM, 2, 4, 6",
    "native, UNIFORM_EVERY, 2, 3, 5",
  })
  void keysAndValuesComeFromSquaresOfTokens(
      String backend, Sampling sampling, int ratio, int height, int width) {
    Tensor sr = normal(CHANNELS, 1, ratio, ratio);
    Tensor x = normal(BATCH, height * width, CHANNELS);
    try (Operators<?> operators = Backends.find(backend).open(2)) {
      float[] got = run(operators, new KeyValueCompression(sampling, ratio), sr, x, height, width);
      assertThat(got)
          .containsExactly(expected(sampling, ratio, sr, x, height, width), within(2e-4f));
    }
  }

  private <V> float[] run(
      Operators<V> operators,
      KeyValueCompression compression,
      Tensor sr,
      Tensor x,
      int height,
      int width) {
    MemoryCheckpoint weights =
        new MemoryCheckpoint(
            "attention",
            List.of(
                MemoryTensor.of("qkv.weight", qkv),
                MemoryTensor.of("qkv.bias", qkvBias),
                MemoryTensor.of("proj.weight", proj),
                MemoryTensor.of("proj.bias", projBias),
                MemoryTensor.of("sr.weight", sr),
                MemoryTensor.of("sr.bias", srBias),
                MemoryTensor.of("norm.weight", gamma),
                MemoryTensor.of("norm.bias", beta)));
    CompressedAttention<V> attention =
        new CompressedAttention<>(
            new LayerLoader<>(operators, new CheckpointParameters(weights)),
            CHANNELS,
            HEADS,
            compression);
    V result =
        attention.forward(
            LinearInput.of(operators.constant(x)),
            PositionGrid.relativeTo(8, height, width, 1),
            Epilogue.none());
    return operators.read(result).data();
  }

  private float[] expected(
      Sampling sampling, int ratio, Tensor sr, Tensor x, int height, int width) {
    int tokens = height * width;
    float[] out = new float[BATCH * tokens * CHANNELS];
    for (int b = 0; b < BATCH; b++) {
      double[][] q = new double[tokens][];
      double[][] k = new double[tokens][];
      double[][] v = new double[tokens][];
      for (int n = 0; n < tokens; n++) {
        double[] row = new double[CHANNELS];
        for (int c = 0; c < CHANNELS; c++) {
          row[c] = x.data()[(b * tokens + n) * CHANNELS + c];
        }
        q[n] = apply(qkv, qkvBias, 0, row);
        k[n] = apply(qkv, qkvBias, CHANNELS, row);
        v[n] = apply(qkv, qkvBias, 2 * CHANNELS, row);
      }
      double[][] keys = compress(sampling, ratio, sr, k, height, width);
      double[][] values = compress(sampling, ratio, sr, v, height, width);
      for (int n = 0; n < tokens; n++) {
        double[] result = apply(proj, projBias, 0, attend(q[n], keys, values));
        for (int c = 0; c < CHANNELS; c++) {
          out[(b * tokens + n) * CHANNELS + c] = (float) result[c];
        }
      }
    }
    return out;
  }

  private static double[] apply(Tensor weight, Tensor bias, int firstRow, double[] x) {
    double[] y = new double[CHANNELS];
    for (int o = 0; o < CHANNELS; o++) {
      y[o] = bias.data()[firstRow + o];
      for (int c = 0; c < CHANNELS; c++) {
        y[o] += weight.data()[(firstRow + o) * CHANNELS + c] * x[c];
      }
    }
    return y;
  }

  private static double[] attend(double[] q, double[][] keys, double[][] values) {
    int size = CHANNELS / HEADS;
    double[] out = new double[CHANNELS];
    for (int h = 0; h < HEADS; h++) {
      double[] weights = new double[keys.length];
      double sum = 0;
      for (int s = 0; s < keys.length; s++) {
        double score = 0;
        for (int d = h * size; d < (h + 1) * size; d++) {
          score += q[d] * keys[s][d];
        }
        weights[s] = Math.exp(score / Math.sqrt(size));
        sum += weights[s];
      }
      for (int s = 0; s < keys.length; s++) {
        for (int d = h * size; d < (h + 1) * size; d++) {
          out[d] += weights[s] / sum * values[s][d];
        }
      }
    }
    return out;
  }

  private double[][] compress(
      Sampling sampling, int ratio, Tensor sr, double[][] x, int height, int width) {
    if (sampling == Sampling.UNIFORM_EVERY) {
      double[][] kept = new double[x.length / ratio][];
      for (int n = 0; n < kept.length; n++) {
        kept[n] = x[n * ratio];
      }
      return kept;
    }
    int rows = height / ratio;
    int columns = width / ratio;
    double[][] out = new double[rows * columns][];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        double[] token = x[r * ratio * width + c * ratio];
        out[r * columns + c] =
            sampling == Sampling.UNIFORM ? token : learned(sr, ratio, x, r, c, width);
      }
    }
    return out;
  }

  private double[] learned(Tensor sr, int ratio, double[][] x, int r, int c, int width) {
    double[] sum = new double[CHANNELS];
    double mean = 0;
    for (int channel = 0; channel < CHANNELS; channel++) {
      sum[channel] = srBias.data()[channel];
      for (int i = 0; i < ratio; i++) {
        for (int j = 0; j < ratio; j++) {
          sum[channel] +=
              sr.data()[(channel * ratio + i) * ratio + j]
                  * x[(r * ratio + i) * width + c * ratio + j][channel];
        }
      }
      mean += sum[channel] / CHANNELS;
    }
    double variance = 0;
    for (double value : sum) {
      variance += (value - mean) * (value - mean) / CHANNELS;
    }
    for (int channel = 0; channel < CHANNELS; channel++) {
      sum[channel] =
          (sum[channel] - mean) / Math.sqrt(variance + 1e-5) * gamma.data()[channel]
              + beta.data()[channel];
    }
    return sum;
  }

  private Tensor normal(int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }
}
