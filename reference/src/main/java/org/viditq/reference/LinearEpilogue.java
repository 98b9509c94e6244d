package org.viditq.reference;

import java.util.Optional;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** residual + gate * act(y + bias), in float64, for any element of a layer's result. */
final class LinearEpilogue {
  private final int columns;
  private final Optional<float[]> bias;
  private final Activation activation;
  private final Optional<float[]> gate;
  private final int rowsPerGate;
  private final Optional<float[]> residual;

  /**
   * @param result shape of the layer's result, [.., N]; [B, M, N] where there is a gate. Gate and
   *     residual fit it.
   */
  LinearEpilogue(Shape result, Optional<Tensor> bias, Epilogue<Tensor> epilogue) {
    this.columns = result.dim(-1);
    this.bias = bias.map(Tensor::data);
    this.activation = epilogue.activation();
    this.gate = epilogue.gate().map(Tensor::data);
    this.residual = epilogue.residual().map(Tensor::data);
    boolean perSample = epilogue.gate().isPresent() && epilogue.gate().get().dim(0) > 1;
    this.rowsPerGate = perSample ? result.dim(1) : result.rows();
  }

  /** Finishes rows from (inclusive) to (exclusive) of the product and rounds them to float32. */
  void finish(int from, int to, double[] product, float[] out) {
    for (int row = from; row < to; row++) {
      int gateStart = row / rowsPerGate * columns;
      for (int n = 0; n < columns; n++) {
        double y = product[(row - from) * columns + n];
        if (bias.isPresent()) {
          y += bias.get()[n];
        }
        y = Nonlinearity.apply(activation, y);
        if (gate.isPresent()) {
          y *= gate.get()[gateStart + n];
        }
        if (residual.isPresent()) {
          y += residual.get()[row * columns + n];
        }
        out[row * columns + n] = (float) y;
      }
    }
  }
}
