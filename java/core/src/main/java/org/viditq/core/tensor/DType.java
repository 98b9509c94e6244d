package org.viditq.core.tensor;

import java.util.Locale;
import java.util.Optional;

/** Element types of stored tensors, named as in safetensors headers; all little-endian. */
public enum DType {
  F64(64),
  F32(32),
  F16(16),
  BF16(16),
  /** {@code torch.float8_e4m3fn}; see {@link Float8#E4M3}. */
  F8_E4M3(8),
  /** {@code torch.float8_e5m2}; see {@link Float8#E5M2}. */
  F8_E5M2(8),
  /** {@code torch.float8_e8m0fnu}, powers of two; see {@link Float8#E8M0}. */
  F8_E8M0(8),
  /** {@code torch.float8_e4m3fnuz}; see {@link Float8#E4M3_FNUZ}. */
  F8_E4M3FNUZ(8),
  /** {@code torch.float8_e5m2fnuz}; see {@link Float8#E5M2_FNUZ}. */
  F8_E5M2FNUZ(8),
  /** E2M1, two to a byte, the first in the low half; see {@link Float4}. */
  F4(4),
  I64(64),
  U64(64),
  I32(32),
  U32(32),
  I16(16),
  U16(16),
  I8(8),
  U8(8),
  BOOL(8);

  private final int bits;

  DType(int bits) {
    this.bits = bits;
  }

  /** Bits per element. */
  public int bits() {
    return bits;
  }

  /** Bytes of one element where it lies alone: 1 for types of less than a byte. */
  public int bytes() {
    return Math.max(1, bits / 8);
  }

  /** Bytes of {@code elements} elements one behind the other, at most 2^59. */
  public long bytes(long elements) {
    return (elements * bits + 7) / 8;
  }

  public boolean isFloatingPoint() {
    return compareTo(F4) <= 0;
  }

  public static Optional<DType> parse(String name) {
    try {
      return Optional.of(valueOf(name.toUpperCase(Locale.ROOT)));
    } catch (IllegalArgumentException unknown) {
      return Optional.empty();
    }
  }
}
