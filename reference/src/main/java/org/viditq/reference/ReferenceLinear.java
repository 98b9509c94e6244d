package org.viditq.reference;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ejml.data.DMatrixRMaj;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LayerChecks;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Full-precision and quantized linear layers. */
final class ReferenceLinear {
  private final Workers workers;
  private final WeightCache cache;
  private final TokenQuantizer quantizer;

  ReferenceLinear(Workers workers, WeightCache cache, TokenQuantizer quantizer) {
    this.workers = workers;
    this.cache = cache;
    this.quantizer = quantizer;
  }

  private record Dense(DenseLinearParameters parameters, TransposedWeight weight)
      implements Linear {}

  /** One converted weight per weight set. */
  private record Quantized(QuantizedLinearParameters parameters, List<TransposedWeight> weights)
      implements Linear {}

  Linear prepare(LinearParameters parameters) {
    LayerChecks.require(parameters);
    if (parameters instanceof DenseLinearParameters dense) {
      return new Dense(dense, TransposedWeight.of(dense.weight()));
    }
    QuantizedLinearParameters quantized = (QuantizedLinearParameters) parameters;
    List<TransposedWeight> weights = new ArrayList<>();
    for (WeightSet set : quantized.sets()) {
      weights.add(TransposedWeight.of(set.weight()));
    }
    return new Quantized(quantized, List.copyOf(weights));
  }

  Tensor apply(Tensor x, Linear layer, Epilogue<Tensor> epilogue, double timestep) {
    LinearParameters parameters = layer.parameters();
    Shape result =
        ResultShapes.linear(
            parameters,
            x.shape(),
            epilogue.gate().map(Tensor::shape),
            epilogue.residual().map(Tensor::shape));
    float[] out = new float[result.size()];
    if (layer instanceof Dense dense) {
      multiply(x, dense, new LinearEpilogue(result, parameters.bias(), epilogue), out);
    } else if (layer instanceof Quantized quantized) {
      multiply(x, quantized, timestep, result, epilogue, out);
    } else {
      throw new BackendException(
          "Layer " + parameters.name() + " was prepared by another backend than reference.");
    }
    return Tensor.of(result, out);
  }

  private void multiply(Tensor x, Dense layer, LinearEpilogue finish, float[] out) {
    float[] values = x.data();
    DMatrixRMaj weight = cache.get(layer.weight());
    int k = weight.numRows;
    BlockedProduct.compute(
        workers,
        x.shape().rows(),
        weight,
        (from, to, block) -> {
          for (int i = from * k; i < to * k; i++) {
            block[i - from * k] = values[i];
          }
        },
        (from, to, product) -> finish.finish(from, to, product, out));
  }

  /**
   * Σ (qa - za)(qw - zw) is a sum of integers, which float64 holds exactly: |term| is below 2^16
   * for z inside the code range and K far below 2^37.
   */
  private void multiply(
      Tensor x,
      Quantized layer,
      double timestep,
      Shape result,
      Epilogue<Tensor> epilogue,
      float[] out) {
    int chosen = layer.parameters().setFor(timestep);
    WeightSet set = layer.parameters().sets().get(chosen);
    LinearEpilogue finish = new LinearEpilogue(result, layer.parameters().bias(set), epilogue);
    Optional<BranchProduct> branch = layer.parameters().branch().map(b -> BranchProduct.of(x, b));
    QuantizedActivations a =
        quantizer.quantize(
            x,
            set.balance(),
            set.rotation(),
            set.activation(),
            "The input of quantized layer " + layer.parameters().name());
    DMatrixRMaj weight = cache.get(layer.weights().get(chosen));
    float[] weightScale = set.weight().grid().scale();
    int k = weight.numRows;
    int n = weight.numCols;
    BlockedProduct.compute(
        workers,
        a.rows(),
        weight,
        (from, to, block) -> {
          for (int row = from; row < to; row++) {
            int zeroPoint = a.zeroPoint()[row];
            for (int i = 0; i < k; i++) {
              block[(row - from) * k + i] = a.code(row, i) - zeroPoint;
            }
          }
        },
        (from, to, product) -> {
          for (int row = from; row < to; row++) {
            double scale = a.scale()[row];
            for (int i = 0; i < n; i++) {
              product[(row - from) * n + i] *= scale * weightScale[i];
            }
            int at = (row - from) * n;
            int own = row;
            branch.ifPresent(b -> b.addTo(product, at, own));
          }
          finish.finish(from, to, product, out);
        });
  }
}
