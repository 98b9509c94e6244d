package org.viditq.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.Rotation.Kind;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.Tensor;
import org.viditq.cuda.bridge.Bridge;
import org.viditq.reference.ReferenceOperators;

/** The CUDA kernels, emulated, against the reference backend. */
class KernelParityTest {
  private static final float EPSILON = 1e-6f;
  private static final int[] FAST_KERNELS = {
    Bridge.VIDITQ_CUDA_TILE_64X64, Bridge.VIDITQ_CUDA_TILE_128X128, Bridge.VIDITQ_CUDA_HOPPER
  };

  private final ReferenceOperators reference = new ReferenceOperators(1, 0);
  private final Random random = new Random(41);

  @AfterEach
  void close() {
    reference.close();
  }

  static Stream<IntegerFormat> formats() {
    return IntStream.of(2, 4, 6, 8)
        .boxed()
        .flatMap(bits -> Stream.of(IntegerFormat.asymmetric(bits), IntegerFormat.symmetric(bits)));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void tokenCodesEqualTheReferenceToTheBit(IntegerFormat format) {
    for (int[] dims :
        List.of(new int[] {1, 1}, new int[] {5, 33}, new int[] {2, 3, 257}, new int[] {3, 1152})) {
      Tensor x = normal(dims);
      x.data()[x.size() / 2] *= 50;
      assertSame(EmulatedKernels.quantize(x, format), format, x);
    }
    Tensor nasty =
        Tensor.of(
            new float[] {
              0, -0f, 0, 0, 3, 3, 3, 3, -2, -2, -2, -2, 1e4f, 1e-3f, -1e-3f, 0, 1e-45f, -1e-45f, 0,
              1e-38f, 1e-6f, -1e-7f, 1e-8f, 3e-5f, 127.5f, -127.5f, 0.5f, 1.5f, 255, 254.5f, 0.5f,
              2.5f, 1.7e38f, -1.7e38f, 1, -1
            },
            9,
            4);
    assertSame(EmulatedKernels.quantize(nasty, format), format, nasty);
  }

  @Test
  void modulatedTokensAreTheReferencesWithinRounding() {
    Tensor x = normal(2, 5, 72);
    Tensor shift = normal(2, 1, 72);
    Tensor scale = normal(2, 1, 72);
    for (IntegerFormat format : List.of(IntegerFormat.asymmetric(8), IntegerFormat.symmetric(6))) {
      assertNear(
          EmulatedKernels.normModulateQuantize(x, shift, scale, EPSILON, format),
          format,
          reference.layerNormModulate(x, shift, scale, EPSILON));
    }
  }

  @Test
  void activatedTokensAreTheReferencesWithinRounding() {
    Tensor x = normal(7, 130);
    for (IntegerFormat format : List.of(IntegerFormat.asymmetric(8), IntegerFormat.symmetric(6))) {
      assertNear(
          EmulatedKernels.geluQuantize(x, format),
          format,
          reference.activate(x, Activation.GELU_TANH));
    }
  }

  /** Among them those of the widths of PixArt, 36 · 32 and 36 · 128. */
  static Stream<Rotation> rotations() {
    return Stream.of(
        new Rotation(Kind.HADAMARD, 16, OptionalLong.empty()),
        new Rotation(Kind.HADAMARD, 256, OptionalLong.of(1)),
        new Rotation(Kind.HADAMARD, 12, OptionalLong.of(2)),
        new Rotation(Kind.HADAMARD, 1152, OptionalLong.of(0)),
        new Rotation(Kind.HADAMARD, 4608, OptionalLong.of(0)),
        new Rotation(Kind.REGULAR, 4, OptionalLong.empty()),
        new Rotation(Kind.REGULAR, 16, OptionalLong.of(3)),
        new Rotation(Kind.REGULAR, 64, OptionalLong.empty()),
        new Rotation(Kind.REGULAR, 256, OptionalLong.empty()),
        new Rotation(Kind.REGULAR, 1024, OptionalLong.empty()));
  }

  @ParameterizedTest
  @MethodSource("rotations")
  void rotatedTokensEqualTheReferenceToTheBit(Rotation rotation) {
    int columns = Math.max(rotation.block(), 768 / rotation.block() * rotation.block());
    Tensor x = normal(2, columns);
    x.data()[columns / 2] *= 50;
    Tensor rotated = Tensor.of(rotation.rotate(x.data(), columns), 2, columns);
    for (IntegerFormat format : List.of(IntegerFormat.asymmetric(8), IntegerFormat.symmetric(6))) {
      for (int kernel : new int[] {Bridge.VIDITQ_CUDA_FAST, Bridge.VIDITQ_CUDA_NAIVE}) {
        assertSame(EmulatedKernels.rotateQuantize(x, rotation, format, kernel), format, rotated);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "8, false, false",
    "8, true, false",
    "8, false, true",
    "6, false, false",
    "4, false, false",
    "4, true, true"
  })
  void linearLayersGiveTheReferencesResults(
      int weightBits, boolean weightSymmetric, boolean tokensSymmetric) {
    IntegerFormat tokens = new IntegerFormat(8, tokensSymmetric);
    DynamicToken scheme = new DynamicToken(tokens);
    int in = 100;
    int out = 77;
    IntegerFormat format = new IntegerFormat(weightBits, weightSymmetric);
    List<WeightSet> sets =
        List.of(
            new WeightSet(
                TimestepRange.closed(0, 500),
                quantize(normal(out, in), format),
                Optional.empty(),
                scheme),
            new WeightSet(
                TimestepRange.closed(501, 1000),
                quantize(normal(out, in), format),
                Optional.empty(),
                scheme));
    Tensor x = normal(2, 33, in);
    Tensor bias = normal(out);
    Tensor gate = normal(2, 1, out);
    Tensor residual = normal(2, 33, out);
    var layer = reference.prepare(new QuantizedLinearParameters("fc", sets, Optional.of(bias)));
    for (int active : new int[] {0, 1}) {
      reference.selectTimestep(active == 0 ? 100 : 900);
      int storage = weightBits <= 4 ? 4 : 8;
      for (int kernel : FAST_KERNELS) {
        assertClose(
            EmulatedKernels.linear(
                x, tokens, sets, active, storage, bias, true, null, null, kernel),
            reference.linear(x, layer, Epilogue.activation(Activation.GELU_TANH)));
        assertClose(
            EmulatedKernels.linear(
                x, tokens, sets, active, storage, bias, false, gate, residual, kernel),
            reference.linear(x, layer, Epilogue.gatedResidual(gate, residual)));
      }
    }
  }

  private void assertSame(QuantizedActivations actual, IntegerFormat format, Tensor x) {
    QuantizedActivations expected = reference.quantize(x, new DynamicToken(format));
    assertThat(actual.codes()).containsExactly(expected.codes());
    assertThat(actual.scale()).containsExactly(expected.scale());
    assertThat(actual.zeroPoint()).containsExactly(expected.zeroPoint());
    assertThat(actual.rowSum()).containsExactly(expected.rowSum());
  }

  /** Same grids up to rounding; a code may differ by one where the value lies between two codes. */
  private void assertNear(QuantizedActivations actual, IntegerFormat format, Tensor values) {
    QuantizedActivations expected = reference.quantize(values, new DynamicToken(format));
    for (int row = 0; row < expected.rows(); row++) {
      float scale = expected.scale()[row];
      assertThat(actual.scale()[row]).isCloseTo(scale, within(1e-5f * scale));
      assertThat(actual.zeroPoint()[row]).isEqualTo(expected.zeroPoint()[row]);
      for (int c = 0; c < expected.columns(); c++) {
        int difference = actual.code(row, c) - expected.code(row, c);
        if (difference == 0) {
          continue;
        }
        assertThat(Math.abs(difference)).isEqualTo(1);
        double steps = values.data()[row * expected.columns() + c] / (double) scale;
        assertThat(Math.abs(steps - Math.floor(steps) - 0.5)).isLessThan(1e-2);
      }
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    for (int i = 0; i < expected.size(); i++) {
      float e = expected.data()[i];
      assertThat(actual.data()[i]).isCloseTo(e, within(1e-5f * (10 + Math.abs(e))));
    }
  }

  private Tensor normal(int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  /** Codes of W [out, in] on the min-max grid of each row. */
  private static QuantizedWeight quantize(Tensor weight, IntegerFormat format) {
    int out = weight.dim(0);
    int in = weight.dim(1);
    float[] lo = new float[out];
    float[] hi = new float[out];
    for (int i = 0; i < weight.size(); i++) {
      lo[i / in] = Math.min(lo[i / in], weight.data()[i]);
      hi[i / in] = Math.max(hi[i / in], weight.data()[i]);
    }
    AffineGrid grid = MinMaxGrid.of(format, lo, hi);
    byte[] codes = new byte[weight.size()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) grid.encode(i / in, weight.data()[i]);
    }
    return new QuantizedWeight(new DenseCodes(out, in, codes), grid);
  }

  private record DenseCodes(int rows, int columns, byte[] codes) implements WeightCodes {
    @Override
    public void copyRow(int row, byte[] destination, int offset) {
      System.arraycopy(codes, row * columns, destination, offset, columns);
    }

    @Override
    public long sizeInBytes() {
      return codes.length;
    }
  }
}
