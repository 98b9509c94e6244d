package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.runner.Results;

/** Full-precision linear layer with its whole epilogue: residual + gate * gelu(x W^T + b). */
record LinearCase(Operand operand, int batch, int tokens, int in, int out, boolean epilogue)
    implements ParityCase {

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    for (Operand operand : Operand.values()) {
      cases.add(new LinearCase(operand, 2, 9, 33, 65, true));
    }
    int[][] shapes = {{1, 1, 1, 1}, {1, 3, 5, 7}, {1, 17, 72, 130}, {3, 1, 64, 64}, {2, 5, 257, 3}};
    for (int[] s : shapes) {
      cases.add(new LinearCase(Operand.NORMAL, s[0], s[1], s[2], s[3], false));
      cases.add(new LinearCase(Operand.NORMAL, s[0], s[1], s[2], s[3], true));
    }
    return cases;
  }

  @Override
  public String name() {
    return "linear " + this;
  }

  private Tensor x() {
    return operand.tensor(1, batch, tokens, in);
  }

  private Tensor weight() {
    return Operand.NORMAL.tensor(2, out, in);
  }

  private Tensor bias() {
    return Operand.NORMAL.tensor(3, out);
  }

  private Tensor gate() {
    return Operand.NORMAL.tensor(4, batch, 1, out);
  }

  private Tensor residual() {
    return Operand.NORMAL.tensor(5, batch, tokens, out);
  }

  @Override
  public <V> Results compute(Operators<V> operators) {
    Optional<Tensor> bias = epilogue ? Optional.of(bias()) : Optional.empty();
    Linear layer =
        operators.prepare(
            new DenseLinearParameters("layer", MemoryTensor.of("weight", weight()), bias));
    V x = operators.constant(x());
    V y =
        epilogue
            ? operators.linear(
                x,
                layer,
                new Epilogue<>(
                    Activation.GELU_TANH,
                    Optional.of(operators.constant(gate())),
                    Optional.of(operators.constant(residual()))))
            : operators.linear(x, layer);
    return new Results().put("output", operators.read(y));
  }

  @Override
  public Optional<Results> oracle() {
    Tensor y = Tensor.zeros(batch, tokens, out);
    float[] x = x().data();
    float[] w = weight().data();
    float[] bias = bias().data();
    float[] gate = gate().data();
    float[] residual = residual().data();
    for (int row = 0; row < batch * tokens; row++) {
      for (int o = 0; o < out; o++) {
        double sum = epilogue ? bias[o] : 0;
        for (int i = 0; i < in; i++) {
          sum += (double) x[row * in + i] * w[o * in + i];
        }
        if (epilogue) {
          double gelu =
              0.5
                  * sum
                  * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (sum + 0.044715 * sum * sum * sum)));
          sum = residual[row * out + o] + gate[row / tokens * out + o] * gelu;
        }
        y.data()[row * out + o] = (float) sum;
      }
    }
    return Optional.of(new Results().put("output", y));
  }
}
