package org.viditq.reference;

import static org.viditq.reference.Operands.require;

import java.util.Arrays;
import java.util.Optional;
import org.ejml.data.DMatrixRMaj;
import org.viditq.core.error.ShapeException;
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

  Tensor attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Optional<Tensor> bias) {
    requireHeads("attention", q, k, v, heads);
    require(
        k.dim(0) == q.dim(0) && v.dim(0) == q.dim(0),
        "attention",
        "q [B, N, H*D], k [B, S, H*D] and v [B, S, H*Dv] of one batch size",
        q.shape(),
        k.shape(),
        v.shape());
    int s = k.dim(1);
    bias.ifPresent(
        b ->
            require(
                b.shape().rank() == 4
                    && fits(b.dim(0), q.dim(0))
                    && fits(b.dim(1), heads)
                    && fits(b.dim(2), q.dim(1))
                    && fits(b.dim(3), s),
                "attention",
                "a bias that broadcasts to [B, H, N, S] for q and k, H = " + heads,
                b.shape(),
                q.shape(),
                k.shape()));
    Keys[] keys = new Keys[q.dim(0)];
    Arrays.setAll(keys, sample -> new Keys(sample * s, s));
    return compute(q, k, v, heads, scale, bias, keys);
  }

  Tensor attentionPacked(Tensor q, Tensor k, Tensor v, int heads, float scale, int[] lengths) {
    requireHeads("attentionPacked", q, k, v, heads);
    require(
        k.dim(0) == 1
            && v.dim(0) == 1
            && lengths.length == q.dim(0)
            && Arrays.stream(lengths).asLongStream().sum() == k.dim(1),
        "attentionPacked",
        "q [B, N, C], k and v [1, sum, C] and B lengths with that sum; lengths "
            + Arrays.toString(lengths),
        q.shape(),
        k.shape(),
        v.shape());
    Keys[] keys = new Keys[lengths.length];
    int first = 0;
    for (int sample = 0; sample < lengths.length; sample++) {
      if (lengths[sample] < 1) {
        throw new ShapeException(
            "attentionPacked needs at least one key for each sample, but sample "
                + sample
                + " has length "
                + lengths[sample]
                + ".");
      }
      keys[sample] = new Keys(first, lengths[sample]);
      first += lengths[sample];
    }
    return compute(q, k, v, heads, scale, Optional.empty(), keys);
  }

  private Tensor compute(
      Tensor q, Tensor k, Tensor v, int heads, float scale, Optional<Tensor> bias, Keys[] keys) {
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
          for (int row = from; row < to; row++) {
            int start = (row - from) * range.count();
            for (int i = 0; i < range.count(); i++) {
              scores.data[start + i] *= scale;
            }
            if (bias.isPresent()) {
              addBias(bias.get(), sample, head, row, scores.data, start, range.count());
            }
            softmax(scores.data, start, range.count());
          }
          DMatrixRMaj values = rows(v, heads, head, range.first(), range.count());
          store(Product.of(scores, values), out, head, sample * n + from);
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

  private static void softmax(double[] scores, int start, int count) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = start; i < start + count; i++) {
      max = Math.max(max, scores[i]);
    }
    double sum = 0;
    for (int i = start; i < start + count; i++) {
      scores[i] = Math.exp(scores[i] - max);
      sum += scores[i];
    }
    for (int i = start; i < start + count; i++) {
      scores[i] /= sum;
    }
  }

  private static void store(DMatrixRMaj result, Tensor out, int head, int firstRow) {
    int d = result.numCols;
    for (int row = 0; row < result.numRows; row++) {
      int start = (firstRow + row) * out.dim(2) + head * d;
      for (int i = 0; i < d; i++) {
        out.data()[start + i] = (float) result.data[row * d + i];
      }
    }
  }

  private static boolean fits(int extent, int target) {
    return extent == 1 || extent == target;
  }

  private static void requireHeads(String operator, Tensor q, Tensor k, Tensor v, int heads) {
    require(
        q.shape().rank() == 3
            && k.shape().rank() == 3
            && v.shape().rank() == 3
            && heads >= 1
            && q.dim(2) % heads == 0
            && v.dim(2) % heads == 0
            && k.dim(2) == q.dim(2)
            && k.dim(1) == v.dim(1)
            && k.dim(1) >= 1,
        operator,
        "q [B, N, H*D], k [B, S, H*D] and v [B, S, H*Dv] with S >= 1 and H = " + heads,
        q.shape(),
        k.shape(),
        v.shape());
  }
}
