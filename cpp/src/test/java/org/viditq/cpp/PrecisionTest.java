package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Precision;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceBackend;

/** Full-precision layers in bfloat16 beside the reference in float32. */
class PrecisionTest {
  private static Tensor random(Random random, int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  private static LinearParameters layer(Tensor weight) {
    return new DenseLinearParameters("dense", MemoryTensor.of("weight", weight), Optional.empty());
  }

  private static <V> Tensor apply(Operators<V> operators, LinearParameters layer, Tensor x) {
    Linear prepared = operators.prepare(layer);
    return operators.read(operators.linear(operators.constant(x), prepared));
  }

  private static void assumeBfloat16() {
    assumeTrue(NativeLibrary.supports(Precision.BF16), "this processor has no bfloat16 products");
  }

  /** |y - exact| <= (2^-8 + 2^-18) sum |x w|, and what float32 sums of K products lose. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 257, 65", "300, 72, 1153", "257, 129, 384", "2, 1152, 770"})
  void isWithinTwoRoundingsOfTheReference(int rows, int in, int out) {
    assumeBfloat16();
    Random random = new Random(rows);
    Tensor x = random(random, rows, in);
    Tensor weight = random(random, out, in);
    try (Operators<?> reference = new ReferenceBackend().open(1);
        Operators<?> brain =
            new NativeBackend().open(BackendSettings.threads(2).withPrecision(Precision.BF16))) {
      float[] expected = apply(reference, layer(weight), x).data();
      float[] actual = apply(brain, layer(weight), x).data();
      for (int m = 0; m < rows; m++) {
        for (int n = 0; n < out; n++) {
          double magnitude = 0;
          for (int k = 0; k < in; k++) {
            magnitude += Math.abs((double) x.data()[m * in + k] * weight.data()[n * in + k]);
          }
          double bound = (0x1p-8 + 0x1p-18 + (in + 1) * 0x1p-23) * magnitude;
          assertThat(Math.abs((double) actual[m * out + n] - expected[m * out + n]))
              .isLessThanOrEqualTo(bound);
        }
      }
    }
  }

  @Test
  void takesHalfTheMemory() {
    assumeBfloat16();
    Tensor weight = random(new Random(1), 1152, 576);
    long[] bytes = new long[2];
    for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
      long before = NativeLibrary.allocatedBytes();
      try (NativeOperators operators = new NativeOperators(1, InstructionSet.choose(), precision)) {
        operators.prepare(layer(weight));
        bytes[precision.ordinal()] = NativeLibrary.allocatedBytes() - before;
      }
    }
    assertThat(bytes[1]).isBetween(bytes[0] / 2 - 4096, bytes[0] / 2 + 4096);
  }

  @Test
  void isRefusedWhereItCannotBeHad() {
    assertThatThrownBy(
            () ->
                new ReferenceBackend()
                    .open(BackendSettings.threads(1).withPrecision(Precision.BF16)))
        .isInstanceOf(BackendException.class)
        .hasMessage(
            "Backend reference computes in fp32 only; leave --precision out or choose --backend"
                + " native.");
    NativeBackend backend = new NativeBackend();
    if (NativeLibrary.supports(Precision.BF16)) {
      assertThat(backend.unsupported(Precision.BF16)).isEmpty();
    } else {
      assertThatThrownBy(
              () -> backend.open(BackendSettings.threads(1).withPrecision(Precision.BF16)))
          .isInstanceOf(BackendException.class)
          .hasMessageContaining("no instructions for bf16");
    }
    assertThat(backend.unsupported(Precision.FP32)).isEmpty();
    assertThat(backend.unsupported(Precision.FP16).orElseThrow()).contains("fp16");
  }
}
