package org.viditq.tests.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.runner.Results;

/**
 * Two quantized layers with ReLU between them, on values that float32 computes exactly in any
 * order: whole numbers and scales that are powers of two. So the codes between the layers are the
 * same on every backend, where rounding of an activation could move one of them by a step
 * otherwise.
 */
record QuantizedFeedForwardCase(
    int bits, boolean symmetric, boolean balanced, int rows, int in, int hidden, int out)
    implements ParityCase {
  private static final int WEIGHT_ZERO_POINT = 7;

  static List<ParityCase> all() {
    List<ParityCase> cases = new ArrayList<>();
    int[][] shapes = {{1, 2, 1, 1}, {7, 33, 65, 5}, {67, 20, 131, 48}, {130, 3, 50, 2}};
    for (int[] s : shapes) {
      for (boolean balanced : new boolean[] {false, true}) {
        cases.add(new QuantizedFeedForwardCase(8, false, balanced, s[0], s[1], s[2], s[3]));
        cases.add(new QuantizedFeedForwardCase(4, true, balanced, s[0], s[1], s[2], s[3]));
      }
    }
    return cases;
  }

  @Override
  public String name() {
    return "quantized feed forward " + this;
  }

  private IntegerFormat format() {
    return new IntegerFormat(bits, symmetric);
  }

  /** The largest code's worth of range, so that the grid's step is 1. */
  private Tensor x() {
    Random random = new Random(61);
    int largest = (1 << bits - (symmetric ? 1 : 0)) - 1;
    Tensor x = Tensor.zeros(1, rows, in);
    for (int i = 0; i < x.size(); i++) {
      x.data()[i] = i % in == 0 ? largest : i % in == 1 ? 0 : random.nextInt(largest + 1);
    }
    return x;
  }

  /** 8-bit codes [out, in] of small numbers. */
  private static byte[] codes(int seed, int outFeatures, int inFeatures) {
    Random random = new Random(seed);
    byte[] codes = new byte[outFeatures * inFeatures];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) random.nextInt(2 * WEIGHT_ZERO_POINT + 1);
    }
    return codes;
  }

  private static float weightScale(int channel) {
    return channel % 2 == 0 ? 0.5f : 0.25f;
  }

  private static float balance(int channel) {
    return channel % 3 == 0 ? 2 : 1;
  }

  private static Tensor bias(int outFeatures) {
    Tensor bias = Tensor.zeros(outFeatures);
    for (int n = 0; n < outFeatures; n++) {
      bias.data()[n] = n % 5 - 2;
    }
    return bias;
  }

  private QuantizedLinearParameters layer(
      String name, int seed, int outFeatures, int inFeatures, boolean divided) {
    float[] scale = new float[outFeatures];
    int[] zeroPoint = new int[outFeatures];
    for (int n = 0; n < outFeatures; n++) {
      scale[n] = weightScale(n);
      zeroPoint[n] = WEIGHT_ZERO_POINT;
    }
    float[] balance = new float[inFeatures];
    for (int c = 0; c < inFeatures; c++) {
      balance[c] = balance(c);
    }
    WeightSet set =
        new WeightSet(
            TimestepRange.ALL,
            new QuantizedWeight(
                new ByteCodes(outFeatures, inFeatures, codes(seed, outFeatures, inFeatures)),
                new AffineGrid(IntegerFormat.asymmetric(8), scale, zeroPoint)),
            divided ? Optional.of(balance) : Optional.empty(),
            new DynamicToken(format()));
    return new QuantizedLinearParameters(name, List.of(set), Optional.of(bias(outFeatures)));
  }

  @Override
  public <V> Results compute(Operators<V> operators) {
    Linear up = operators.prepare(layer("up", 62, hidden, in, false));
    Linear down = operators.prepare(layer("down", 63, out, hidden, balanced));
    V x = operators.constant(x());
    V result = operators.feedForward(LinearInput.of(x), up, Activation.RELU, down, Epilogue.none());
    return new Results().put("output", operators.read(result));
  }

  @Override
  public Optional<Results> oracle() {
    Tensor result = Tensor.zeros(1, rows, out);
    float[] x = x().data();
    for (int row = 0; row < rows; row++) {
      float[] values = new float[in];
      System.arraycopy(x, row * in, values, 0, in);
      float[] between = multiply(values, codes(62, hidden, in), hidden);
      for (int h = 0; h < hidden; h++) {
        between[h] = Math.max(between[h], 0) / (balanced ? balance(h) : 1);
      }
      System.arraycopy(
          multiply(between, codes(63, out, hidden), out), 0, result.data(), row * out, out);
    }
    return Optional.of(new Results().put("output", result));
  }

  private float[] multiply(float[] values, byte[] codes, int outFeatures) {
    PlainQuantizer a = PlainQuantizer.of(format(), values);
    float[] result = new float[outFeatures];
    for (int n = 0; n < outFeatures; n++) {
      double sum = bias(outFeatures).data()[n];
      for (int i = 0; i < values.length; i++) {
        sum +=
            a.value(i)
                * weightScale(n)
                * ((codes[n * values.length + i] & 0xff) - WEIGHT_ZERO_POINT);
      }
      result[n] = (float) sum;
    }
    return result;
  }
}
