package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.runner.Results;

/** Attention with and without bias, and on packed text. */
record AttentionCase(Operand operand, int batch, int queries, int keys, int heads, int headDim)
    implements ParityCase {

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    for (Operand operand : Operand.values()) {
      cases.add(new AttentionCase(operand, 2, 5, 7, 3, 4));
    }
    int[][] shapes = {{1, 1, 1, 1, 1}, {1, 3, 1, 2, 5}, {2, 1, 9, 1, 72}, {3, 17, 33, 4, 8}};
    for (int[] s : shapes) {
      cases.add(new AttentionCase(Operand.NORMAL, s[0], s[1], s[2], s[3], s[4]));
    }
    return cases;
  }

  @Override
  public String name() {
    return "attention " + this;
  }

  private int channels() {
    return heads * headDim;
  }

  private float scale() {
    return (float) (1 / Math.sqrt(headDim));
  }

  private Tensor q() {
    return operand.tensor(21, batch, queries, channels());
  }

  private Tensor k() {
    return Operand.NORMAL.tensor(22, batch, keys, channels());
  }

  private Tensor v() {
    return operand.tensor(23, batch, keys, channels());
  }

  /** Masks the last keys of the last sample, all but one at most. */
  private Tensor mask() {
    Tensor mask = Tensor.zeros(batch, 1, 1, keys);
    for (int s = (keys + 1) / 2; s < keys; s++) {
      mask.data()[(batch - 1) * keys + s] = -10_000;
    }
    return mask;
  }

  /** Sample i sees keys - i tokens of the packed text, but at least one. */
  private int[] lengths() {
    int[] lengths = new int[batch];
    for (int i = 0; i < batch; i++) {
      lengths[i] = Math.max(1, keys - i);
    }
    return lengths;
  }

  private int packedKeys() {
    int sum = 0;
    for (int length : lengths()) {
      sum += length;
    }
    return sum;
  }

  private Tensor packedK() {
    return Operand.NORMAL.tensor(24, 1, packedKeys(), channels());
  }

  private Tensor packedV() {
    return operand.tensor(25, 1, packedKeys(), channels());
  }

  @Override
  public <V> Results compute(Operators<V> operators) {
    V q = operators.constant(q());
    V k = operators.constant(k());
    V v = operators.constant(v());
    V mask = operators.constant(mask());
    V packed =
        operators.attentionPacked(
            q,
            operators.constant(packedK()),
            operators.constant(packedV()),
            heads,
            scale(),
            lengths());
    return new Results()
        .put(
            "plain", operators.read(operators.attention(q, k, v, heads, scale(), Optional.empty())))
        .put(
            "masked",
            operators.read(operators.attention(q, k, v, heads, scale(), Optional.of(mask))))
        .put("packed", operators.read(packed));
  }

  @Override
  public Optional<Results> oracle() {
    Tensor plain = Tensor.zeros(batch, queries, channels());
    Tensor masked = Tensor.zeros(batch, queries, channels());
    Tensor packed = Tensor.zeros(batch, queries, channels());
    Tensor q = q();
    Tensor k = k();
    Tensor v = v();
    Tensor packedK = packedK();
    Tensor packedV = packedV();
    Tensor mask = mask();
    int start = 0;
    for (int b = 0; b < batch; b++) {
      float[] bias = Arrays.copyOfRange(mask.data(), b * keys, (b + 1) * keys);
      for (int n = 0; n < queries; n++) {
        for (int h = 0; h < heads; h++) {
          int at = (b * queries + n) * channels() + h * headDim;
          attend(plain, q, at, h, k, v, b * keys, new float[keys]);
          attend(masked, q, at, h, k, v, b * keys, bias);
          attend(packed, q, at, h, packedK, packedV, start, new float[lengths()[b]]);
        }
      }
      start += lengths()[b];
    }
    return Optional.of(
        new Results().put("plain", plain).put("masked", masked).put("packed", packed));
  }

  /** One query of one head on the keys from row {@code first} on, as many as there are biases. */
  private void attend(
      Tensor out, Tensor queries, int at, int h, Tensor k, Tensor v, int first, float[] bias) {
    int channels = channels();
    float[] q = queries.data();
    double[] weight = new double[bias.length];
    double largest = Double.NEGATIVE_INFINITY;
    for (int s = 0; s < bias.length; s++) {
      double score = 0;
      for (int d = 0; d < headDim; d++) {
        score += (double) q[at + d] * k.data()[(first + s) * channels + h * headDim + d];
      }
      weight[s] = score * scale() + bias[s];
      largest = Math.max(largest, weight[s]);
    }
    double sum = 0;
    for (int s = 0; s < bias.length; s++) {
      weight[s] = Math.exp(weight[s] - largest);
      sum += weight[s];
    }
    for (int d = 0; d < headDim; d++) {
      double mixed = 0;
      for (int s = 0; s < bias.length; s++) {
        mixed += weight[s] / sum * v.data()[(first + s) * channels + h * headDim + d];
      }
      out.data()[at + d] = (float) mixed;
    }
  }
}
