package org.viditq.reference;

import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.IntegerAttention;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.tensor.Tensor;

/**
 * Attention in {@link AttentionPrecision#INT8}, step by step as it is defined there; behind the
 * integers in float64.
 */
public final class ReferenceIntegerAttention implements IntegerAttention {
  private static final float GREATEST_CODE = 127;
  private static final float LOG2_E = 1.44269504f;
  private static final float GREATEST_BIAS = 0x1p100f;

  @Override
  public Codes attend(Tensor q, Tensor k, Tensor v, float scale, Optional<Tensor> bias) {
    ResultShapes.integerAttention(q.shape(), k.shape(), v.shape(), bias.map(Tensor::shape));
    return new Head(q.data(), k.data(), v.data(), bias.map(Tensor::data), q.dim(1), v.dim(1))
        .attend(scale);
  }

  /** What the steps work on. */
  private static final class Head {
    private final int queries;
    private final int keys;
    private final int d;
    private final int dv;
    private final int blocks;
    private final float[] q;
    private final float[] k;
    private final float[] v;
    private final Optional<float[]> bias;

    Head(float[] q, float[] k, float[] v, Optional<float[]> bias, int d, int dv) {
      this.q = q;
      this.k = smoothed(k, d);
      this.v = v;
      this.bias = bias;
      this.d = d;
      this.dv = dv;
      this.queries = q.length / d;
      this.keys = k.length / d;
      int block = AttentionPrecision.KEYS_PER_BLOCK;
      this.blocks = (keys + block - 1) / block;
    }

    /** Keys less the mean of each channel. */
    private static float[] smoothed(float[] k, int d) {
      int keys = k.length / d;
      float[] smoothed = new float[k.length];
      for (int c = 0; c < d; c++) {
        double sum = 0;
        for (int s = 0; s < keys; s++) {
          sum += k[s * d + c];
        }
        float mean = (float) (sum / keys);
        for (int s = 0; s < keys; s++) {
          smoothed[s * d + c] = k[s * d + c] - mean;
        }
      }
      return smoothed;
    }

    /**
     * Codes of the values {@code from + i * step} for i below {@code count}.
     *
     * @return Δ; NaN, with all codes 0, where a value is not finite
     */
    private static float encode(float[] x, int from, int step, int count, byte[] codes) {
      float largest = 0;
      boolean finite = true;
      for (int i = 0; i < count; i++) {
        float value = Math.abs(x[from + i * step]);
        largest = Math.max(largest, value);
        finite &= Float.isFinite(value);
      }
      if (!finite) {
        return Float.NaN;
      }
      float delta = Math.max(largest / GREATEST_CODE, MinMaxGrid.MIN_SCALE);
      for (int i = 0; i < count; i++) {
        codes[from + i * step] = (byte) Math.rint(x[from + i * step] / delta);
      }
      return delta;
    }

    Codes attend(float scale) {
      byte[] queryCodes = new byte[q.length];
      float[] queryScale = new float[queries];
      for (int n = 0; n < queries; n++) {
        queryScale[n] = encode(q, n * d, 1, d, queryCodes);
      }
      byte[] keyCodes = new byte[k.length];
      float[] keyScale = new float[keys];
      boolean finiteKeys = true;
      for (int s = 0; s < keys; s++) {
        keyScale[s] = encode(k, s * d, 1, d, keyCodes);
        finiteKeys &= !Float.isNaN(keyScale[s]);
      }
      byte[] valueCodes = new byte[v.length];
      float[] valueScale = new float[blocks * dv];
      for (int block = 0; block < blocks; block++) {
        int first = block * AttentionPrecision.KEYS_PER_BLOCK;
        for (int c = 0; c < dv; c++) {
          valueScale[block * dv + c] =
              encode(v, first * dv + c, dv, end(block) - first, valueCodes);
        }
      }
      int[] scores = new int[queries * keys];
      byte[] weights = new byte[queries * keys];
      int[] sums = new int[blocks * queries * dv];
      Tensor result = Tensor.zeros(queries, dv);
      for (int n = 0; n < queries; n++) {
        float[] x = new float[keys];
        float factor = queryScale[n] * (scale * LOG2_E);
        for (int s = 0; s < keys; s++) {
          int sum = 0;
          for (int c = 0; c < d; c++) {
            sum += queryCodes[n * d + c] * keyCodes[s * d + c];
          }
          scores[n * keys + s] = sum;
          x[s] = sum * keyScale[s] * factor;
        }
        boolean masked = addBias(n, x);
        float[] highest = new float[blocks];
        int[] totals = new int[blocks];
        for (int block = 0; block < blocks; block++) {
          highest[block] = weigh(n, block, x, weights);
          for (int s = block * AttentionPrecision.KEYS_PER_BLOCK; s < end(block); s++) {
            int weight = weights[n * keys + s] & 0xff;
            totals[block] += weight;
            for (int c = 0; c < dv; c++) {
              sums[(block * queries + n) * dv + c] += weight * valueCodes[s * dv + c];
            }
          }
        }
        if (!finiteKeys || !masked || Float.isNaN(queryScale[n])) {
          Arrays.fill(result.data(), n * dv, (n + 1) * dv, Float.NaN);
        } else {
          combine(n, highest, totals, sums, valueScale, result.data());
        }
      }
      return new Codes(
          queryCodes,
          queryScale,
          keyCodes,
          keyScale,
          scores,
          weights,
          valueCodes,
          valueScale,
          sums,
          result);
    }

    private int end(int block) {
      return Math.min(keys, (block + 1) * AttentionPrecision.KEYS_PER_BLOCK);
    }

    /**
     * @return false if a bias is NaN
     */
    private boolean addBias(int query, float[] x) {
      if (bias.isEmpty()) {
        return true;
      }
      boolean numbers = true;
      for (int s = 0; s < keys; s++) {
        float b = bias.get()[query * keys + s] * LOG2_E;
        numbers &= !Float.isNaN(b);
        x[s] += Math.min(Math.max(b, -GREATEST_BIAS), GREATEST_BIAS);
      }
      return numbers;
    }

    /**
     * Codes of a block's weights.
     *
     * @return the largest x of the block
     */
    private float weigh(int query, int block, float[] x, byte[] weights) {
      int first = block * AttentionPrecision.KEYS_PER_BLOCK;
      float highest = -Float.MAX_VALUE;
      for (int s = first; s < end(block); s++) {
        highest = x[s] > highest ? x[s] : highest;
      }
      for (int s = first; s < end(block); s++) {
        float distance = x[s] - highest;
        float t = distance > -16 ? distance : -16;
        float n = (float) Math.rint(t);
        float r = t - n;
        float power = (60.79937862f * r + 179.3792415f) * r + 255.1130012f;
        weights[query * keys + s] = (byte) (int) Math.rint(Math.scalb(power, (int) n));
      }
      return highest;
    }

    /** The result of a query from the sums of its blocks. */
    private void combine(
        int query, float[] highest, int[] totals, int[] sums, float[] valueScale, float[] result) {
      double most = Double.NEGATIVE_INFINITY;
      for (float h : highest) {
        most = Math.max(most, h);
      }
      double total = 0;
      double[] mixed = new double[dv];
      for (int block = 0; block < blocks; block++) {
        double share = Math.pow(2, highest[block] - most);
        total += share * totals[block];
        for (int c = 0; c < dv; c++) {
          mixed[c] += share * valueScale[block * dv + c] * sums[(block * queries + query) * dv + c];
        }
      }
      for (int c = 0; c < dv; c++) {
        result[query * dv + c] = (float) (mixed[c] / total);
      }
    }
  }
}
