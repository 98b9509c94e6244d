package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.reference.ReferenceOperators;

/** The native codes and accumulators against the reference backend's, to the bit. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeIntegerOperatorsTest {
  private NativeIntegerOperators kernels;
  private ReferenceOperators reference;

  @BeforeAll
  void open() {
    kernels = new NativeIntegerOperators(InstructionSet.choose());
    reference = new ReferenceOperators(1, 0);
  }

  @AfterAll
  void close() {
    kernels.close();
    reference.close();
  }

  static Stream<IntegerFormat> formats() {
    return IntStream.of(2, 4, 6, 8)
        .boxed()
        .flatMap(bits -> Stream.of(IntegerFormat.asymmetric(bits), IntegerFormat.symmetric(bits)));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void dynamicTokensEqualTheReference(IntegerFormat format) {
    Random random = new Random(3);
    for (int[] dims : List.of(new int[] {1, 1, 1}, new int[] {2, 3, 5}, new int[] {3, 7, 65})) {
      assertSameCodes(normal(random, dims), new DynamicToken(format));
      assertSameCodes(normal(random, dims), new DynamicTokenShared(format));
    }
    assertSameCodes(normal(random, 5, 257), new DynamicToken(format));
    assertSameCodes(normal(random, 2, 1152), new DynamicToken(format));
    assertSameCodes(normal(random, 1, 8191), new DynamicToken(format));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void nastyRowsEqualTheReference(IntegerFormat format) {
    Tensor x =
        Tensor.of(
            new float[] {
              0,
              0,
              0,
              0, //
              -0f,
              0,
              -0f,
              0, //
              1,
              1,
              1,
              1, //
              -3,
              -3,
              -3,
              -3, //
              1e4f,
              1e-3f,
              -1e-3f,
              0, //
              Float.MIN_VALUE,
              -Float.MIN_VALUE,
              0,
              1e-38f, //
              1e-6f,
              -1e-7f,
              1e-8f,
              3e-5f, //
              127.5f,
              -127.5f,
              0.5f,
              1.5f, //
              255,
              254.5f,
              0.5f,
              2.5f, //
              1.7e38f,
              -1.7e38f,
              1,
              -1 //
            },
            2,
            5,
            4);
    assertSameCodes(x, new DynamicToken(format));
    assertSameCodes(x, new DynamicTokenShared(format));
    assertSameCodes(x, new DynamicToken(format, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED));
    assertSameCodes(x, new DynamicTokenShared(format, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void staticGridsEqualTheReferenceAndClip(IntegerFormat format) {
    Tensor x = normal(new Random(5), 2, 3, 33);
    int zero = format.symmetric() ? 0 : 1;
    assertSameCodes(
        x, new StaticTensor(new AffineGrid(format, new float[] {0.01f}, new int[] {zero})));
    assertSameCodes(
        x,
        new StaticToken(
            new AffineGrid(format, new float[] {0.01f, 1e-6f, 3f}, new int[] {zero, 0, zero})));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void accumulatorsEqualTheReference(long seed) {
    Random random = new Random(seed);
    for (IntegerFormat activations : formats().toList()) {
      for (IntegerFormat weights : formats().toList()) {
        int inner = 1 + random.nextInt(300);
        QuantizedActivations a =
            reference.quantize(
                normal(random, 1 + random.nextInt(20), inner), new DynamicToken(activations));
        QuantizedWeight w = randomWeight(random, weights, 1 + random.nextInt(20), inner);
        int[] expected = reference.accumulate(a, w);
        for (InstructionSet isa : InstructionSet.supported()) {
          try (PackedWeights packed = PackedWeights.of(w, isa)) {
            assertThat(kernels.accumulate(a, packed)).as(isa.toString()).isEqualTo(expected);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nibblesArePackedWhereTheyLieAndStayNibbles(boolean symmetric) {
    IntegerFormat format = symmetric ? IntegerFormat.symmetric(4) : IntegerFormat.asymmetric(4);
    Random random = new Random(13);
    for (int inner : new int[] {1, 7, 64, 769, 8191}) {
      QuantizedActivations a =
          reference.quantize(
              normal(random, 9, inner), new DynamicToken(IntegerFormat.asymmetric(8)));
      QuantizedWeight plain = randomWeight(random, format, 50, inner);
      int[] expected = reference.accumulate(a, plain);
      for (boolean direct : new boolean[] {false, true}) {
        QuantizedWeight stored =
            new QuantizedWeight(
                NibbleCodes.of((ByteCodes) plain.codes(), symmetric, direct), plain.grid());
        for (InstructionSet isa : InstructionSet.supported()) {
          try (PackedWeights packed = PackedWeights.of(stored, isa);
              PackedWeights bytes = PackedWeights.of(plain, isa)) {
            assertThat(kernels.accumulate(a, packed)).as(isa.toString()).isEqualTo(expected);
            long grids = 16L * packed.channels(); // stay as they are
            assertThat(packed.sizeInBytes() - grids)
                .isLessThanOrEqualTo((bytes.sizeInBytes() - grids) / 2 + 512);
          }
        }
      }
    }
  }

  @Test
  void accumulatorsReachTheEndsOfInt32WithoutOverflow() {
    int inner = 1 << 15;
    byte[] largest = new byte[inner];
    Arrays.fill(largest, (byte) 0xff);
    IntegerFormat format = IntegerFormat.asymmetric(8);
    QuantizedActivations a =
        new QuantizedActivations(
            format, 1, inner, largest, new float[] {1}, new int[1], new int[] {255 * inner});
    QuantizedWeight w =
        new QuantizedWeight(
            new ByteCodes(1, inner, largest), new AffineGrid(format, new float[] {1}, new int[1]));
    assertThat(kernels.accumulate(a, w)).containsExactly(255 * 255 * inner);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void notFiniteActivationsAreRefused(float bad) {
    Tensor x = normal(new Random(1), 3, 37);
    x.data()[80] = bad;
    assertThatThrownBy(() -> kernels.quantize(x, new DynamicToken(IntegerFormat.asymmetric(8))))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("token quantization of [3, 37]");
    AffineGrid grid = new AffineGrid(IntegerFormat.asymmetric(8), new float[] {1}, new int[] {0});
    assertThatThrownBy(() -> kernels.quantize(x, new StaticTensor(grid)))
        .isInstanceOf(NonFiniteException.class);
  }

  @Test
  void operandsThatDoNotFitAreRefusedBeforeTheKernelSeesThem() {
    IntegerFormat format = IntegerFormat.asymmetric(8);
    assertThatThrownBy(() -> kernels.quantize(Tensor.zeros(0, 4), new DynamicToken(format)))
        .isInstanceOf(ShapeException.class);
    assertThatThrownBy(() -> kernels.quantize(Tensor.zeros(2, 4), new DynamicTokenShared(format)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[2, 4]");
    QuantizedActivations a = kernels.quantize(Tensor.zeros(2, 4), new DynamicToken(format));
    QuantizedWeight narrow = randomWeight(new Random(1), format, 3, 5);
    assertThatThrownBy(() -> kernels.accumulate(a, narrow))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[2, 4]")
        .hasMessageContaining("[3, 5]");
    int tooLong = (1 << 15) + 1;
    QuantizedActivations longRow =
        kernels.quantize(Tensor.zeros(1, tooLong), new DynamicToken(format));
    QuantizedWeight longWeight = randomWeight(new Random(1), format, 1, tooLong);
    assertThatThrownBy(() -> kernels.accumulate(longRow, longWeight))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("overflow");
  }

  @Test
  void closingTwiceIsHarmlessAndUseAfterwardsIsRefused() {
    NativeIntegerOperators closed = new NativeIntegerOperators(InstructionSet.choose());
    DynamicToken scheme = new DynamicToken(IntegerFormat.asymmetric(8));
    closed.quantize(Tensor.zeros(2, 4), scheme);
    closed.close();
    closed.close();
    assertThatThrownBy(() -> closed.quantize(Tensor.zeros(2, 4), scheme))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theLibraryIsThatOfThisBuild() {
    assertThat(NativeLibrary.unavailable()).isEmpty();
    assertThat(NativeLibrary.version()).isEqualTo(System.getProperty("viditq.version"));
  }

  @Test
  void theInstructionSetCanBeOverriddenByOneThatRunsHere() {
    assertThat(InstructionSet.choose("portable")).isEqualTo(InstructionSet.PORTABLE);
    assertThat(InstructionSet.choose(null)).isEqualTo(InstructionSet.choose(" "));
    assertThat(InstructionSet.supported()).contains(InstructionSet.choose(null));
    for (InstructionSet isa : InstructionSet.values()) {
      assertThat(isa.toString()).isEqualTo(Bridge.viditq_isa_name(isa.code()).getString());
    }
    assertThatThrownBy(() -> InstructionSet.choose("sse9"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("VIDITQ_ISA is sse9")
        .hasMessageContaining("portable");
  }

  @Test
  void packedWeightsAreReleasedOnceAndRefuseUseAfterwards() {
    IntegerFormat format = IntegerFormat.asymmetric(8);
    QuantizedActivations a = kernels.quantize(Tensor.zeros(2, 5), new DynamicToken(format));
    PackedWeights weights =
        PackedWeights.of(randomWeight(new Random(1), format, 3, 5), InstructionSet.PORTABLE);
    assertThat(weights.sizeInBytes()).isGreaterThanOrEqualTo(3 * 5);
    weights.close();
    weights.close();
    assertThat(weights.sizeInBytes()).isZero();
    assertThatThrownBy(() -> kernels.accumulate(a, weights))
        .isInstanceOf(IllegalStateException.class);
  }

  private void assertSameCodes(Tensor x, ActivationQuantization scheme) {
    QuantizedActivations expected = reference.quantize(x, scheme);
    for (InstructionSet isa : InstructionSet.supported()) {
      try (NativeIntegerOperators operators = new NativeIntegerOperators(isa)) {
        assertSame(operators.quantize(x, scheme), expected, isa + ", " + scheme + x.shape());
      }
    }
  }

  private static void assertSame(
      QuantizedActivations got, QuantizedActivations expected, String what) {
    assertThat(got.format()).as(what).isEqualTo(expected.format());
    assertThat(got.rows()).as(what).isEqualTo(expected.rows());
    assertThat(got.columns()).as(what).isEqualTo(expected.columns());
    assertThat(got.scale()).as("scales, " + what).isEqualTo(expected.scale());
    assertThat(got.zeroPoint()).as("zero points, " + what).isEqualTo(expected.zeroPoint());
    assertThat(got.codes()).as("codes, " + what).isEqualTo(expected.codes());
    assertThat(got.rowSum()).as("row sums, " + what).isEqualTo(expected.rowSum());
  }

  private static Tensor normal(Random random, int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    float[] data = tensor.data();
    for (int i = 0; i < data.length; i++) {
      data[i] = (float) random.nextGaussian();
    }
    // One outlier, as large transformers have them.
    data[random.nextInt(data.length)] *= 100;
    return tensor;
  }

  private static QuantizedWeight randomWeight(
      Random random, IntegerFormat format, int rows, int columns) {
    byte[] codes = new byte[rows * columns];
    for (int i = 0; i < codes.length; i++) {
      codes[i] =
          (byte) (format.minCode() + random.nextInt(format.maxCode() - format.minCode() + 1));
    }
    float[] scale = new float[rows];
    Arrays.fill(scale, 1f);
    return new QuantizedWeight(
        new ByteCodes(rows, columns, codes), new AffineGrid(format, scale, new int[rows]));
  }
}
