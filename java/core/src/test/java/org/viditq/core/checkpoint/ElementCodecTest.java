package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

class ElementCodecTest {
  private static final float[] EXACT = {0, 1, -1, 0.5f, -96, 3, 100, 2};

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F64", "F32", "F16", "BF16"})
  void valuesOfEveryFloatTypeComeBack(DType dtype) {
    MemoryTensor tensor = MemoryTensor.of("x", Tensor.of(EXACT, 2, 4), dtype);
    assertThat(tensor.toTensor().data()).isEqualTo(EXACT);
    float[] part = new float[4];
    tensor.copyTo(3, part, 1, 2);
    assertThat(part).containsExactly(0, 0.5f, -96, 0);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      mode = Mode.EXCLUDE,
      names = {"F64", "F32", "F16", "BF16"})
  void floatsAreNotEncodedAsIntegers(DType dtype) {
    assertThatThrownBy(() -> MemoryTensor.of("x", Tensor.zeros(1), dtype))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void integersConvert() {
    assertThat(
            MemoryTensor.ofLongs("x", Shape.of(3), new long[] {-1, 1L << 40, (1 << 24) + 1})
                .toTensor()
                .data())
        .containsExactly(-1, 0x1p40f, 1 << 24);
    assertThat(
            MemoryTensor.ofInts("x", Shape.of(2), new int[] {-7, Integer.MAX_VALUE})
                .toTensor()
                .data())
        .containsExactly(-7, 0x1p31f);
    byte[] bytes = {-1, 2, 0, -128};
    Shape four = Shape.of(4);
    assertThat(MemoryTensor.ofBytes("x", DType.I8, four, bytes).toTensor().data())
        .containsExactly(-1, 2, 0, -128);
    assertThat(MemoryTensor.ofBytes("x", DType.U8, four, bytes).toTensor().data())
        .containsExactly(255, 2, 0, 128);
    assertThat(MemoryTensor.ofBytes("x", DType.BOOL, four, bytes).toTensor().data())
        .containsExactly(1, 1, 0, 1);
    assertThat(MemoryTensor.ofBytes("x", DType.I16, Shape.of(2), bytes).toTensor().data())
        .containsExactly(767, -32768);
  }

  @Test
  void unsignedIntegersConvert() {
    ByteBuffer bytes = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(-1).putLong(Long.MIN_VALUE).putLong((1L << 63) + (1L << 39) + 1).putLong(7);
    assertThat(MemoryTensor.ofBytes("x", DType.U64, Shape.of(4), bytes.array()).toTensor().data())
        .containsExactly(0x1p64f, 0x1p63f, 0x1.000002p63f, 7);
    byte[] ones = {-1, -1, -1, -1};
    assertThat(MemoryTensor.ofBytes("x", DType.U32, Shape.of(1), ones).toTensor().data())
        .containsExactly(0x1p32f);
    assertThat(MemoryTensor.ofBytes("x", DType.U16, Shape.of(2), ones).toTensor().data())
        .containsExactly(65535, 65535);
  }

  /** Against the exact value, rounded by BigDecimal. */
  @Test
  void unsignedLongsRoundOnce() {
    Random random = new Random(2);
    for (int i = 0; i < 10_000; i++) {
      long value = random.nextLong() >>> random.nextInt(40);
      if (random.nextBoolean()) {
        value = value & -1L << random.nextInt(50) | random.nextInt(2); // near ties
      }
      byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
      assertThat(MemoryTensor.ofBytes("x", DType.U64, Shape.of(1), bytes).toTensor().data())
          .containsExactly(new BigInteger(Long.toUnsignedString(value)).floatValue());
    }
  }

  @Test
  void smallFloatsConvert() {
    byte[] codes = {0x38, (byte) 0xb8, 0x7e};
    Shape three = Shape.of(3);
    assertThat(MemoryTensor.ofBytes("x", DType.F8_E4M3, three, codes).toTensor().data())
        .containsExactly(1, -1, 448);
    assertThat(MemoryTensor.ofBytes("x", DType.F8_E5M2, three, codes).toTensor().data())
        .containsExactly(0.5f, -0.5f, Float.NaN);
    assertThat(MemoryTensor.ofBytes("x", DType.F8_E8M0, Shape.of(1), new byte[] {127}).toTensor())
        .satisfies(t -> assertThat(t.data()).containsExactly(1));
    // Two to a byte, the first in the low half.
    MemoryTensor fours =
        MemoryTensor.ofBytes("x", DType.F4, Shape.of(4), new byte[] {0x72, (byte) 0xf1});
    assertThat(fours.sizeInBytes()).isEqualTo(2);
    assertThat(fours.toTensor().data()).containsExactly(1, 6, 0.5f, -6);
    float[] part = new float[2];
    fours.copyTo(1, part, 0, 2);
    assertThat(part).containsExactly(6, 0.5f);
  }

  @Test
  void doublesRoundToNearest() {
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putDouble(0.1).putDouble(1 + 0x1p-24);
    assertThat(MemoryTensor.ofBytes("x", DType.F64, Shape.of(2), bytes.array()).toTensor().data())
        .containsExactly(0.1f, 1);
  }

  @Test
  void lengthMustFitTheShape() {
    assertThatThrownBy(() -> MemoryTensor.ofBytes("x", DType.F16, Shape.of(3), new byte[5]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("x");
  }
}
