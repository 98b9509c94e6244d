package org.viditq.bench.roofline;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Precision;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.tensor.Shape;

/**
 * The work of operators, see {@link Work} for what counts. Low-rank branches and rotations are not
 * counted: no plan that is measured has any.
 *
 * @param dense what layers multiply that are not quantized
 * @param timestep that chooses the weight sets of quantized layers
 */
record OperatorWork(Precision dense, double timestep) {
  /** Sum; difference, square and sum of squares; product with 1/σ. */
  private static final int LAYER_NORM = 5;

  /** n * (1 + scale) + shift, or n * gamma + beta. */
  private static final int AFFINE = 2;

  /** Smallest and largest value; division, rounding, zero point. */
  private static final int QUANTIZE = 5;

  /** Zero points of row and channel taken out, then both scales. */
  private static final int DEQUANTIZE = 4;

  /** A score times the scale, largest score, difference, exponential, sum. */
  private static final int SOFTMAX = 5;

  /** Codes of 4 bits are kept two in a byte. */
  private static final int NIBBLE_BITS = 4;

  /**
   * Layers on one input.
   *
   * @param rows tokens of all samples
   * @param input what it takes to get the layers' input, its bytes included
   */
  Work linears(long rows, Work input, List<LinearParameters> layers) {
    Work sum = input;
    Optional<LinearParameters> previous = Optional.empty();
    for (LinearParameters layer : layers) {
      if (previous.filter(other -> sharesCodes(other, layer)).isEmpty()) {
        sum = sum.plus(quantization(layer, rows));
      }
      sum = sum.plus(product(layer, rows)).plus(Work.values(rows * layer.outFeatures()));
      previous = Optional.of(layer);
    }
    return sum;
  }

  /**
   * One layer and what is done to its result.
   *
   * @param input as {@link #linears} has it
   * @param epilogue what {@link #epilogue} gave
   */
  Work linear(long rows, Work input, LinearParameters layer, Work epilogue) {
    return linears(rows, input, List.of(layer)).plus(epilogue);
  }

  /** Two quantized layers whose hidden values stay where they are computed. */
  Work feedForward(
      long rows,
      Work input,
      LinearParameters up,
      Activation activation,
      LinearParameters down,
      Work epilogue) {
    return input
        .plus(quantization(up, rows))
        .plus(product(up, rows))
        .plus(Work.pointwise(activation(activation) * rows * up.outFeatures()))
        .plus(quantization(down, rows))
        .plus(product(down, rows))
        .plus(epilogue)
        .plus(Work.values(rows * down.outFeatures()));
  }

  /**
   * Of a result of so many values, which is not counted itself.
   *
   * @param gate values of it; empty for none
   */
  Work epilogue(long results, Activation activation, Optional<Long> gate, boolean residual) {
    Work work = Work.pointwise(activation(activation) * results);
    if (gate.isPresent()) {
      work = work.plus(Work.pointwise(results)).plus(Work.values(gate.get()));
    }
    return residual ? work.plus(Work.pointwise(results)).plus(Work.values(results)) : work;
  }

  /** Reading a value. */
  static Work plain(long values) {
    return Work.values(values);
  }

  /** Reading a value, LayerNorm and modulation. */
  static Work modulated(long values, long shift, long scale) {
    return Work.values(values + shift + scale).plus(Work.pointwise((LAYER_NORM + AFFINE) * values));
  }

  /** LayerNorm with or without gamma and beta, GroupNorm alike; the result included. */
  static Work norm(long values, long parameters) {
    return Work.values(2 * values + parameters)
        .plus(Work.pointwise((LAYER_NORM + (parameters == 0 ? 0 : AFFINE)) * values));
  }

  /**
   * @param q [B, N, C], k [.., S, C] and v [.., S, Cv], as is the result [B, N, Cv]
   * @param scores of all heads: heads times the sum over samples of queries times keys
   * @param bias values of it
   */
  static Work attention(
      Shape q, Shape k, Shape v, int heads, long scores, long bias, AttentionPrecision precision) {
    long channels = q.dim(-1) / heads + v.dim(-1) / heads;
    long results = (long) q.rows() * v.dim(-1);
    long rounded = precision == AttentionPrecision.FP32 ? 0 : scores;
    return Work.products(Numbers.of(precision), 2 * scores * channels)
        .plus(Work.pointwise(SOFTMAX * scores + rounded + results))
        .plus(bias == 0 ? Work.NONE : Work.pointwise(scores).plus(Work.values(bias)))
        .plus(Work.values((long) q.size() + k.size() + v.size() + results));
  }

  /**
   * A convolution in float32.
   *
   * @param x values read
   * @param results values written
   */
  static Work convolution(ConvolutionParameters layer, long x, long results) {
    long weights = layer.weight().shape().size();
    long perResult = weights / layer.outChannels();
    Work product =
        Work.products(Numbers.FP32, 2 * results * perResult)
            .plus(Work.values(x + weights + results));
    return layer.bias().isEmpty()
        ? product
        : product.plus(Work.pointwise(results)).plus(Work.values(layer.outChannels()));
  }

  /**
   * Anything element by element.
   *
   * @param operations per value of the result
   * @param read values of the operands
   */
  static Work pointwise(long operations, long results, long read) {
    return Work.pointwise(operations * results).plus(Work.values(results + read));
  }

  /** Operations of an activation per value. */
  static long activation(Activation activation) {
    return switch (activation) {
      case NONE -> 0;
      case RELU -> 1;
      case SILU -> 4;
      case GELU_ERF -> 5;
      case GELU_TANH -> 9;
    };
  }

  /** Weights, the product with them, scales, zero points, bias. */
  private Work product(LinearParameters layer, long rows) {
    long weights = (long) layer.inFeatures() * layer.outFeatures();
    long results = rows * layer.outFeatures();
    Work work =
        Work.products(Numbers.of(layer, dense), 2 * rows * weights)
            .plus(Work.moved(weightBytes(layer, weights)));
    if (layer instanceof QuantizedLinearParameters) {
      work = work.plus(Work.pointwise(DEQUANTIZE * results));
    }
    return layer.bias().isEmpty()
        ? work
        : work.plus(Work.pointwise(results)).plus(Work.values(layer.outFeatures()));
  }

  private long weightBytes(LinearParameters layer, long weights) {
    if (layer instanceof QuantizedLinearParameters quantized) {
      int bits = set(quantized).weight().grid().format().bits();
      return bits <= NIBBLE_BITS ? weights / 2 : weights;
    }
    return weights * (dense == Precision.FP32 ? Float.BYTES : Short.BYTES);
  }

  /** Of a layer's input to codes; none where it is not quantized. */
  private Work quantization(LinearParameters layer, long rows) {
    if (layer instanceof QuantizedLinearParameters quantized) {
      int balancing = set(quantized).balance().isPresent() ? 1 : 0;
      return Work.pointwise((QUANTIZE + balancing) * rows * layer.inFeatures());
    }
    return Work.NONE;
  }

  private boolean sharesCodes(LinearParameters a, LinearParameters b) {
    return a instanceof QuantizedLinearParameters first
        && b instanceof QuantizedLinearParameters second
        && set(first).activation().equals(set(second).activation())
        && Arrays.equals(set(first).balance().orElse(null), set(second).balance().orElse(null));
  }

  private WeightSet set(QuantizedLinearParameters layer) {
    return layer.sets().get(layer.setFor(timestep));
  }
}
