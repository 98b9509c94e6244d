package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.runner.Results;

/** LayerNorm plain, affine and modulated, RMSNorm, and GroupNorm. */
record NormalizationCase(Operand operand, int batch, int tokens, int channels)
    implements ParityCase {
  private static final float EPS = 1e-6f;

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    for (Operand operand : Operand.values()) {
      cases.add(new NormalizationCase(operand, 2, 5, 33));
    }
    int[][] shapes = {{1, 1, 1}, {1, 2, 2}, {3, 1, 64}, {1, 7, 1153}};
    for (int[] s : shapes) {
      cases.add(new NormalizationCase(Operand.NORMAL, s[0], s[1], s[2]));
    }
    return cases;
  }

  @Override
  public String name() {
    return "normalization " + this;
  }

  private Tensor x() {
    return operand.tensor(31, batch, tokens, channels);
  }

  private Tensor gamma() {
    return Operand.NORMAL.tensor(32, channels);
  }

  private Tensor beta() {
    return Operand.NORMAL.tensor(33, channels);
  }

  private Tensor scale() {
    return Operand.NORMAL.tensor(34, batch, 1, channels);
  }

  private Tensor shift() {
    return Operand.NORMAL.tensor(35, batch, 1, channels);
  }

  /** For GroupNorm tokens are the channels, each a group of its own, and channels the positions. */
  private Tensor groupGamma() {
    return Operand.NORMAL.tensor(36, tokens);
  }

  private Tensor groupBeta() {
    return Operand.NORMAL.tensor(37, tokens);
  }

  @Override
  public <V> Results compute(Operators<V> operators) {
    V x = operators.constant(x());
    V gamma = operators.constant(gamma());
    V beta = operators.constant(beta());
    V shift = operators.constant(shift());
    V scale = operators.constant(scale());
    V plain = operators.layerNorm(x, Optional.empty(), Optional.empty(), EPS);
    V affine = operators.layerNorm(x, Optional.of(gamma), Optional.of(beta), EPS);
    V grouped =
        operators.groupNorm(
            x, operators.constant(groupGamma()), operators.constant(groupBeta()), tokens, EPS);
    return new Results()
        .put("plain", operators.read(plain))
        .put("affine", operators.read(affine))
        .put("modulated", operators.read(operators.layerNormModulate(x, shift, scale, EPS)))
        .put("rms", operators.read(operators.rmsNorm(x, gamma, EPS)))
        .put("grouped", operators.read(grouped));
  }

  @Override
  public Optional<Results> oracle() {
    Tensor plain = Tensor.zeros(batch, tokens, channels);
    Tensor affine = Tensor.zeros(batch, tokens, channels);
    Tensor modulated = Tensor.zeros(batch, tokens, channels);
    Tensor rms = Tensor.zeros(batch, tokens, channels);
    Tensor grouped = Tensor.zeros(batch, tokens, channels);
    float[] x = x().data();
    float[] gamma = gamma().data();
    float[] beta = beta().data();
    float[] scale = scale().data();
    float[] shift = shift().data();
    float[] groupGamma = groupGamma().data();
    float[] groupBeta = groupBeta().data();
    for (int row = 0; row < batch * tokens; row++) {
      double mean = 0;
      double square = 0;
      for (int c = 0; c < channels; c++) {
        mean += (double) x[row * channels + c] / channels;
        square += (double) x[row * channels + c] * x[row * channels + c] / channels;
      }
      double variance = 0;
      for (int c = 0; c < channels; c++) {
        double deviation = x[row * channels + c] - mean;
        variance += deviation * deviation / channels;
      }
      for (int c = 0; c < channels; c++) {
        int at = row * channels + c;
        int perSample = row / tokens * channels + c;
        double n = (x[at] - mean) / Math.sqrt(variance + EPS);
        plain.data()[at] = (float) n;
        affine.data()[at] = (float) (n * gamma[c] + beta[c]);
        modulated.data()[at] = (float) (n * (1.0 + scale[perSample]) + shift[perSample]);
        rms.data()[at] = (float) (x[at] / Math.sqrt(square + EPS) * gamma[c]);
        grouped.data()[at] = (float) (n * groupGamma[row % tokens] + groupBeta[row % tokens]);
      }
    }
    return Optional.of(
        new Results()
            .put("plain", plain)
            .put("affine", affine)
            .put("modulated", modulated)
            .put("rms", rms)
            .put("grouped", grouped));
  }
}
