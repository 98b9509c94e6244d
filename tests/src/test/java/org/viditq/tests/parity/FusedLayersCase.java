package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.runner.Results;

/** Full-precision layers on a modulated input, alone, side by side, and as a feed-forward layer. */
record FusedLayersCase(Operand operand, int batch, int tokens, int in, int hidden, int out)
    implements ParityCase {
  private static final float EPS = 1e-6f;

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    for (Operand operand :
        List.of(Operand.NORMAL, Operand.OUTLIERS, Operand.ZERO_ROWS, Operand.CONSTANT_ROWS)) {
      cases.add(new FusedLayersCase(operand, 2, 9, 33, 65, 7));
    }
    int[][] shapes = {{1, 1, 1, 1, 1}, {1, 67, 20, 131, 3}, {3, 2, 64, 16, 130}};
    for (int[] s : shapes) {
      cases.add(new FusedLayersCase(Operand.NORMAL, s[0], s[1], s[2], s[3], s[4]));
    }
    return cases;
  }

  @Override
  public String name() {
    return "fused layers " + this;
  }

  private Tensor x() {
    return operand.tensor(51, batch, tokens, in);
  }

  private Tensor shift() {
    return Operand.NORMAL.tensor(52, batch, 1, in);
  }

  private Tensor scale() {
    return Operand.NORMAL.tensor(53, 1, 1, in);
  }

  private Tensor gate() {
    return Operand.NORMAL.tensor(54, batch, 1, out);
  }

  private Tensor residual() {
    return Operand.NORMAL.tensor(55, batch, tokens, out);
  }

  private Tensor up() {
    return Operand.NORMAL.tensor(56, hidden, in);
  }

  private Tensor down() {
    return Operand.NORMAL.tensor(57, out, hidden);
  }

  private static DenseLinearParameters layer(String name, Tensor weight) {
    return new DenseLinearParameters(
        name, MemoryTensor.of(name + ".weight", weight), Optional.empty());
  }

  @Override
  public <V> Results compute(Operators<V> operators) {
    Linear up = operators.prepare(layer("up", up()));
    Linear down = operators.prepare(layer("down", down()));
    LinearInput<V> input =
        LinearInput.modulated(
            operators.constant(x()), operators.constant(shift()), operators.constant(scale()), EPS);
    Epilogue<V> epilogue =
        Epilogue.gatedResidual(operators.constant(gate()), operators.constant(residual()));
    List<V> together = operators.linears(input, List.of(up, up));
    return new Results()
        .put("first", operators.read(together.get(0)))
        .put("second", operators.read(together.get(1)))
        .put("alone", operators.read(operators.linear(input, up, Epilogue.none())))
        .put(
            "feed_forward",
            operators.read(operators.feedForward(input, up, Activation.GELU_TANH, down, epilogue)));
  }

  @Override
  public Optional<Results> oracle() {
    int rows = batch * tokens;
    double[] normed = normed();
    Tensor product = Tensor.zeros(batch, tokens, hidden);
    Tensor result = Tensor.zeros(batch, tokens, out);
    float[] up = up().data();
    float[] down = down().data();
    for (int row = 0; row < rows; row++) {
      double[] gelu = new double[hidden];
      for (int h = 0; h < hidden; h++) {
        double y = 0;
        for (int c = 0; c < in; c++) {
          y += normed[row * in + c] * up[h * in + c];
        }
        product.data()[row * hidden + h] = (float) y;
        gelu[h] = 0.5 * y * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (y + 0.044715 * y * y * y)));
      }
      for (int o = 0; o < out; o++) {
        double y = 0;
        for (int h = 0; h < hidden; h++) {
          y += gelu[h] * down[o * hidden + h];
        }
        int at = row * out + o;
        result.data()[at] =
            (float) (residual().data()[at] + gate().data()[row / tokens * out + o] * y);
      }
    }
    return Optional.of(
        new Results()
            .put("first", product)
            .put("second", product)
            .put("alone", product)
            .put("feed_forward", result));
  }

  private double[] normed() {
    float[] x = x().data();
    float[] shift = shift().data();
    float[] scale = scale().data();
    double[] normed = new double[x.length];
    for (int row = 0; row < batch * tokens; row++) {
      double mean = 0;
      for (int c = 0; c < in; c++) {
        mean += (double) x[row * in + c] / in;
      }
      double variance = 0;
      for (int c = 0; c < in; c++) {
        variance += (x[row * in + c] - mean) * (x[row * in + c] - mean) / in;
      }
      for (int c = 0; c < in; c++) {
        double n = (x[row * in + c] - mean) / Math.sqrt(variance + EPS);
        normed[row * in + c] = n * (1.0 + scale[c]) + shift[row / tokens * in + c];
      }
    }
    return normed;
  }
}
