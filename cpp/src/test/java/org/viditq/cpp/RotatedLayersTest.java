package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.LowRankBranch;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.Rotation.Kind;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.reference.ReferenceOperators;

/**
 * Rotated inputs, low-rank branches and corrections of the native backend against the reference.
 */
class RotatedLayersTest {
  static List<Rotation> rotations() {
    return List.of(
        new Rotation(Kind.HADAMARD, 16, OptionalLong.empty()),
        new Rotation(Kind.HADAMARD, 192, OptionalLong.of(0)),
        new Rotation(Kind.HADAMARD, 12, OptionalLong.of(3)),
        new Rotation(Kind.HADAMARD, 64, OptionalLong.of(1)),
        new Rotation(Kind.REGULAR, 4, OptionalLong.empty()),
        new Rotation(Kind.REGULAR, 64, OptionalLong.empty()),
        new Rotation(Kind.REGULAR, 16, OptionalLong.of(5)));
  }

  @ParameterizedTest
  @MethodSource("rotations")
  void rotatedValuesAreThoseOfTheDefinitionToTheBit(Rotation rotation) {
    int channels = 192;
    float[] x = normal(7 * channels, 1);
    float[] s = balance(channels);
    float[] divided = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      divided[i] = x[i] / s[i % channels];
    }
    float[] got = new float[x.length];
    for (InstructionSet isa : InstructionSet.values()) {
      if (!isa.isSupported()) {
        continue;
      }
      try (NativeContext context = new NativeContext(2, isa);
          FloatPointer in = new FloatPointer(x);
          FloatPointer divisors =
              new FloatPointer(rotation.divisors(Optional.of(s), channels).orElseThrow());
          FloatPointer out = new FloatPointer(x.length);
          NativeRotation operand = new NativeRotation(rotation)) {
        int status =
            Bridge.viditq_rotate(
                context.handle(), in, 7, channels, divisors, operand.operand(), out);
        NativeLibrary.check(status, "rotation");
        out.get(got);
      }
      assertThat(got).as(isa.toString()).isEqualTo(rotation.rotate(divided, channels));
    }
  }

  @ParameterizedTest
  @MethodSource("rotations")
  void layersAreThoseOfTheReference(Rotation rotation) {
    for (ActivationQuantization activation :
        List.of(
            new DynamicToken(IntegerFormat.asymmetric(8)),
            new DynamicToken(IntegerFormat.symmetric(6)),
            new DynamicTokenShared(IntegerFormat.asymmetric(8)))) {
      for (boolean branch : new boolean[] {false, true}) {
        QuantizedLinearParameters up = layer("up", 192, 48, rotation, activation, branch);
        Rotation behind = rotation.fits(48) ? rotation : null;
        QuantizedLinearParameters down = layer("down", 48, 20, behind, activation, branch);
        try (ReferenceOperators reference = new ReferenceOperators(1, 0);
            NativeOperators operators = new NativeOperators(2, InstructionSet.choose())) {
          List<Tensor> expected = outputs(reference, up, down);
          List<Tensor> actual = outputs(operators, up, down);
          for (int i = 0; i < expected.size(); i++) {
            for (int j = 0; j < expected.get(i).size(); j++) {
              float value = expected.get(i).data()[j];
              assertThat(actual.get(i).data()[j])
                  .as("result %d, value %d", i, j)
                  .isCloseTo(value, offset(2e-5f * (20 + Math.abs(value))));
            }
          }
        }
      }
    }
  }

  private static <V> List<Tensor> outputs(
      Operators<V> operators, QuantizedLinearParameters up, QuantizedLinearParameters down) {
    List<Tensor> outputs = new ArrayList<>();
    for (double timestep : new double[] {100, 900}) {
      operators.selectTimestep(timestep);
      V x = operators.constant(Tensor.of(normal(2 * 5 * 192, 2), 2, 5, 192));
      V shift = operators.constant(Tensor.of(normal(2 * 192, 3), 2, 1, 192));
      V scale = operators.constant(Tensor.of(normal(2 * 192, 4), 2, 1, 192));
      V gate = operators.constant(Tensor.of(normal(2 * 48, 5), 2, 1, 48));
      V residual = operators.constant(Tensor.of(normal(2 * 5 * 48, 6), 2, 5, 48));
      var wide = operators.prepare(up);
      outputs.add(operators.read(operators.linear(x, wide)));
      outputs.add(
          operators.read(
              operators.linear(
                  x,
                  wide,
                  new Epilogue<>(Activation.GELU_TANH, Optional.of(gate), Optional.of(residual)))));
      outputs.add(
          operators.read(
              operators.linear(
                  LinearInput.modulated(x, shift, scale, 1e-6f), wide, Epilogue.none())));
      var other = operators.prepare(layer("other", 192, 48, null, inner(up), false));
      outputs.add(
          operators.read(
              operators.feedForward(
                  LinearInput.of(x),
                  operators.prepare(layer("plain", 192, 48, null, inner(up), false)),
                  Activation.GELU_TANH,
                  operators.prepare(down),
                  Epilogue.none())));
      operators
          .linears(LinearInput.of(x), List.of(wide, other, wide))
          .forEach(result -> outputs.add(operators.read(result)));
    }
    return outputs;
  }

  private static ActivationQuantization inner(QuantizedLinearParameters layer) {
    return layer.sets().get(0).activation();
  }

  /** Two ranges of the same codes with different corrections; balanced. */
  private static QuantizedLinearParameters layer(
      String name,
      int in,
      int out,
      Rotation rotation,
      ActivationQuantization activation,
      boolean branch) {
    float[] values = normal(out * in, name.hashCode());
    float[] lo = new float[out];
    float[] hi = new float[out];
    for (int i = 0; i < values.length; i++) {
      lo[i / in] = Math.min(lo[i / in], values[i]);
      hi[i / in] = Math.max(hi[i / in], values[i]);
    }
    var grid = MinMaxGrid.of(IntegerFormat.asymmetric(8), lo, hi);
    byte[] codes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      codes[i] = (byte) grid.encode(i / in, values[i]);
    }
    QuantizedWeight weight = new QuantizedWeight(new ByteCodes(out, in, codes), grid);
    List<WeightSet> sets = new ArrayList<>();
    for (int r = 0; r < 2; r++) {
      sets.add(
          new WeightSet(
              new TimestepRange(r * 501, r == 0 ? 501 : 1001),
              weight,
              Optional.of(balance(in)),
              Optional.ofNullable(rotation),
              activation,
              Optional.of(normal(out, 10 + r))));
    }
    return new QuantizedLinearParameters(
        name,
        sets,
        Optional.of(Tensor.of(normal(out, 12), out)),
        branch
            ? Optional.of(
                new LowRankBranch(
                    Tensor.of(normal(3 * in, 13), 3, in), Tensor.of(normal(3 * out, 14), out, 3)))
            : Optional.empty());
  }

  private static float[] balance(int channels) {
    float[] s = normal(channels, 15);
    for (int c = 0; c < channels; c++) {
      s[c] = (float) Math.exp(s[c]);
    }
    return s;
  }

  private static float[] normal(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
