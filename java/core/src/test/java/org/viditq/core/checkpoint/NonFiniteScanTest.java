package org.viditq.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.tensor.Bfloat16;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Float16;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

class NonFiniteScanTest {
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F64", "F32", "F16", "BF16"})
  void findsOneBadElementAnywhere(DType dtype) {
    float largest = dtype == DType.F16 ? 65504 : 0x1.fep127f;
    for (int size = 1; size <= 19; size++) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = i % 2 == 0 ? largest : -largest;
      }
      assertThat(found(dtype, values)).isFalse();
      for (int at = 0; at < size; at++) {
        for (float bad :
            new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
          float[] damaged = values.clone();
          damaged[at] = bad;
          assertThat(found(dtype, damaged)).as("%s at %d of %d", bad, at, size).isTrue();
        }
      }
    }
  }

  private static boolean found(DType dtype, float... values) {
    return NonFiniteScan.found(MemoryTensor.of("x", Tensor.of(values, values.length), dtype));
  }

  @Test
  void judgesEveryHalfCodeInEveryLane() {
    for (int code = 0; code <= 0xffff; code++) {
      byte[] bytes = new byte[8];
      int lane = code % 4 * 2;
      bytes[lane] = (byte) code;
      bytes[lane + 1] = (byte) (code >> 8);
      Shape four = Shape.of(4);
      assertThat(NonFiniteScan.found(MemoryTensor.ofBytes("x", DType.F16, four, bytes)))
          .isEqualTo(!Float.isFinite(Float16.toFloat((short) code)));
      assertThat(NonFiniteScan.found(MemoryTensor.ofBytes("x", DType.BF16, four, bytes)))
          .isEqualTo(!Float.isFinite(Bfloat16.toFloat((short) code)));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F4"})
  void judgesEveryByteInEveryLane(DType dtype) {
    for (int code = 0; code < 256; code++) {
      for (int lane = 0; lane < 11; lane++) {
        byte[] bytes = new byte[11];
        Arrays.fill(bytes, (byte) 0x7b);
        if (dtype == DType.F8_E4M3FNUZ) {
          Arrays.fill(bytes, (byte) 0x7f);
        }
        bytes[lane] = (byte) code;
        Shape shape = Shape.of(11 * 8 / dtype.bits());
        MemoryTensor tensor = MemoryTensor.ofBytes("x", dtype, shape, bytes);
        assertThat(NonFiniteScan.found(tensor))
            .as("%s %x", dtype, code)
            .isEqualTo(!tensor.toTensor().isFinite());
      }
    }
  }

  @Test
  void integersAreFinite() {
    byte[] bytes = new byte[16];
    Arrays.fill(bytes, (byte) -1);
    assertThat(NonFiniteScan.found(MemoryTensor.ofBytes("x", DType.I32, Shape.of(4), bytes)))
        .isFalse();
    assertThat(NonFiniteScan.found(MemoryTensor.ofBytes("x", DType.U8, Shape.of(16), bytes)))
        .isFalse();
  }

  @Test
  void emptyTensorsAreFinite() {
    assertThat(found(DType.F16)).isFalse();
  }
}
