package org.viditq.reference;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import org.ejml.data.DMatrixRMaj;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Tensor;

/** Multi-head attention, a block of query rows of one head at a time. */
final class ReferenceAttention {
  /** Query rows whose scores are held at once by one thread. */
  private static final int BLOCK_ROWS = 64;

  private final Workers workers;

  ReferenceAttention(Workers workers) {
    this.workers = workers;
  }

  /** Rows {@code first}, {@code first + 1}, ... of the keys and values, of one sample. */
  private record Keys(int first, int count) {}

  Tensor attention(
      Tensor q,
      Tensor k,
      Tensor v,
      int heads,
      float scale,
      Optional<Tensor> bias,
      AttentionPrecision precision) {
    ResultShapes.attention(q.shape(), k.shape(), v.shape(), heads, bias.map(Tensor::shape));
    int s = k.dim(1);
    Keys[] keys = new Keys[q.dim(0)];
    Arrays.setAll(keys, sample -> new Keys(sample * s, s));
    return compute(q, k, v, heads, scale, bias, keys, precision);
  }

  Tensor attentionPacked(
      Tensor q,
      Tensor k,
      Tensor v,
      int heads,
      float scale,
      int[] lengths,
      AttentionPrecision precision) {
    ResultShapes.attentionPacked(q.shape(), k.shape(), v.shape(), heads, lengths);
    Keys[] keys = new Keys[lengths.length];
    int first = 0;
    for (int sample = 0; sample < lengths.length; sample++) {
      keys[sample] = new Keys(first, lengths[sample]);
      first += lengths[sample];
    }
    return compute(q, k, v, heads, scale, Optional.empty(), keys, precision);
  }

  private Tensor compute(
      Tensor q,
      Tensor k,
      Tensor v,
      int heads,
      float scale,
      Optional<Tensor> bias,
      Keys[] keys,
      AttentionPrecision precision) {
    return switch (precision) {
      case FP32 -> compute(q, k, v, heads, scale, bias, keys, weights -> {});
      case BF16 ->
          compute(
              rounded(q),
              rounded(k),
              rounded(v),
              heads,
              scale,
              bias,
              keys,
              ReferenceAttention::roundAll);
      case INT8 -> computeInIntegers(q, k, v, heads, scale, bias, keys);
    };
  }

  private Tensor computeInIntegers(
      Tensor q, Tensor k, Tensor v, int heads, float scale, Optional<Tensor> bias, Keys[] keys) {
    AttentionPrecision.INT8.requireHead(q.dim(2) / heads);
    int n = q.dim(1);
    Tensor out = Tensor.zeros(q.dim(0), n, v.dim(2));
    if (out.size() == 0) {
      return out;
    }
    ReferenceIntegerAttention integers = new ReferenceIntegerAttention();
    workers.forEachBlock(
        q.dim(0) * heads,
        1,
        (task, end) -> {
          int sample = task / heads;
          int head = task % heads;
          Keys range = keys[sample];
          Tensor queries = slice(q, heads, head, sample * n, n);
          Optional<Tensor> biases =
              bias.map(
                  b -> {
                    double[] row = new double[range.count()];
                    Tensor whole = Tensor.zeros(n, range.count());
                    for (int query = 0; query < n; query++) {
                      Arrays.fill(row, 0);
                      addBias(b, sample, head, query, row, 0, range.count());
                      for (int s = 0; s < range.count(); s++) {
                        whole.data()[query * range.count() + s] = (float) row[s];
                      }
                    }
                    return whole;
                  });
          Tensor result =
              integers
                  .attend(
                      queries,
                      slice(k, heads, head, range.first(), range.count()),
                      slice(v, heads, head, range.first(), range.count()),
                      scale,
                      biases)
                  .result();
          int dv = result.dim(1);
          for (int query = 0; query < n; query++) {
            System.arraycopy(
                result.data(),
                query * dv,
                out.data(),
                (sample * n + query) * out.dim(2) + head * dv,
                dv);
          }
        });
    return out;
  }

  /** Rows of one head: [count, D]. */
  private static Tensor slice(Tensor x, int heads, int head, int first, int count) {
    int d = x.dim(2) / heads;
    Tensor rows = Tensor.zeros(count, d);
    for (int row = 0; row < count; row++) {
      System.arraycopy(x.data(), (first + row) * x.dim(2) + head * d, rows.data(), row * d, d);
    }
    return rows;
  }

  private static Tensor rounded(Tensor x) {
    Tensor result = Tensor.zeros(x.shape().toArray());
    for (int i = 0; i < x.size(); i++) {
      result.data()[i] = rounded(x.data()[i]);
    }
    return result;
  }

  /** To bfloat16; NaN and infinity stay. */
  private static float rounded(float value) {
    if (!Float.isFinite(value)) {
      return value;
    }
    int bits = Float.floatToRawIntBits(value);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
  }

  private static void roundAll(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = rounded((float) values[i]);
    }
  }

  private Tensor compute(
      Tensor q,
      Tensor k,
      Tensor v,
      int heads,
      float scale,
      Optional<Tensor> bias,
      Keys[] keys,
      Consumer<double[]> form) {
    int n = q.dim(1);
    Tensor out = Tensor.zeros(q.dim(0), n, v.dim(2));
    int blocks = (n + BLOCK_ROWS - 1) / BLOCK_ROWS;
    workers.forEachBlock(
        q.dim(0) * heads * blocks,
        1,
        (task, end) -> {
          int sample = task / (heads * blocks);
          int head = task / blocks % heads;
          int from = task % blocks * BLOCK_ROWS;
          int to = Math.min(n, from + BLOCK_ROWS);
          Keys range = keys[sample];
          DMatrixRMaj queries = rows(q, heads, head, sample * n + from, to - from);
          DMatrixRMaj keysTransposed = columns(k, heads, head, range.first(), range.count());
          DMatrixRMaj scores = Product.of(queries, keysTransposed);
          double[] sums = new double[to - from];
          for (int row = from; row < to; row++) {
            int start = (row - from) * range.count();
            for (int i = 0; i < range.count(); i++) {
              scores.data[start + i] *= scale;
            }
            if (bias.isPresent()) {
              addBias(bias.get(), sample, head, row, scores.data, start, range.count());
            }
            sums[row - from] = exponentiate(scores.data, start, range.count());
          }
          form.accept(scores.data);
          DMatrixRMaj values = rows(v, heads, head, range.first(), range.count());
          store(Product.of(scores, values), sums, out, head, sample * n + from);
        });
    return out;
  }

  /** Rows of one head: [count, D]. */
  private static DMatrixRMaj rows(Tensor x, int heads, int head, int first, int count) {
    int channels = x.dim(2);
    int d = channels / heads;
    DMatrixRMaj result = new DMatrixRMaj(count, d);
    for (int row = 0; row < count; row++) {
      for (int i = 0; i < d; i++) {
        result.data[row * d + i] = x.data()[(first + row) * channels + head * d + i];
      }
    }
    return result;
  }

  /** Rows of one head, transposed: [D, count]. */
  private static DMatrixRMaj columns(Tensor x, int heads, int head, int first, int count) {
    int channels = x.dim(2);
    int d = channels / heads;
    DMatrixRMaj result = new DMatrixRMaj(d, count);
    for (int row = 0; row < count; row++) {
      for (int i = 0; i < d; i++) {
        result.data[i * count + row] = x.data()[(first + row) * channels + head * d + i];
      }
    }
    return result;
  }

  private static void addBias(
      Tensor bias, int sample, int head, int row, double[] scores, int start, int count) {
    int b = bias.dim(0) == 1 ? 0 : sample;
    int h = bias.dim(1) == 1 ? 0 : head;
    int n = bias.dim(2) == 1 ? 0 : row;
    int first = ((b * bias.dim(1) + h) * bias.dim(2) + n) * bias.dim(3);
    int step = bias.dim(3) == 1 ? 0 : 1;
    for (int i = 0; i < count; i++) {
      scores[start + i] += bias.data()[first + i * step];
    }
  }

  /** Makes weights of scores, the largest 1; returns their sum. */
  private static double exponentiate(double[] scores, int start, int count) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = start; i < start + count; i++) {
      max = Math.max(max, scores[i]);
    }
    double sum = 0;
    for (int i = start; i < start + count; i++) {
      scores[i] = Math.exp(scores[i] - max);
      sum += scores[i];
    }
    return sum;
  }

  private static void store(DMatrixRMaj result, double[] sums, Tensor out, int head, int firstRow) {
    int d = result.numCols;
    for (int row = 0; row < result.numRows; row++) {
      int start = (firstRow + row) * out.dim(2) + head * d;
      for (int i = 0; i < d; i++) {
        out.data()[start + i] = (float) (result.data[row * d + i] / sums[row]);
      }
    }
  }
}
